"""One query per screen, plain data out, nothing written."""
