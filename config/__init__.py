"""What is decided outside the code: words, numbers, the environment and the clock."""
