"""The verbs: each acts for an actor inside the caller's transaction; speech is a promise, nothing is sent."""
