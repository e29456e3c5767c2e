"""What tests stand on: real servers, real processes, a real browser, each found or started here and ended here."""
