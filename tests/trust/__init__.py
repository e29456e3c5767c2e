"""Honest days and cheats, made without a look at the rule that judges them."""
