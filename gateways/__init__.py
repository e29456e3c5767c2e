"""Everything outside the process speaks through a room in here; no business is known."""
