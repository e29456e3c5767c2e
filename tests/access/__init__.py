"""Who may do what: every route, verb and button, declared once, performed as everybody, and searched for leaks."""
