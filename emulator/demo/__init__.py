"""The demo company: starts the product and the emulator together, with people, customers and a history."""
