"""The one folder that knows WeCom's wire: the callback envelope, its XML, its cards and its HTTP API."""
