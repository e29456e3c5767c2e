"""One module per page of the menu: reads for looking, use cases for acting, nothing decided here."""
