"""Outside first, transaction second: calls to the world and use cases, in order, for every entrance that needs them."""
