"""The chat entrance: a callback comes in, is understood, acted on through use cases, and answered."""
