"""Processes are killed at random while messages flow; afterwards the books must still agree."""
