"""Spreadsheets from outside: read by a child process with limits, and written with strings alone."""
