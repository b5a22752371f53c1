"""What operators do, as functions that a command line, an HTTP service or a console may call."""
