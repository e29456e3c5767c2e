"""How fast callbacks are answered: the product, and the least that any correct receiver must do, side by side."""
