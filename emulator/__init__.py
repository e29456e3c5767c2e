"""A local WeCom: the other end of the wire, for the demo and the tests. Shares no code with the product."""
