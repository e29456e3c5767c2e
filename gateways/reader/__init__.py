"""What a file says: its words and pictures taken out by a child process that loads nothing of the product but this."""
