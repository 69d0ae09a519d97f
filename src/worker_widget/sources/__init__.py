"""Where events come from: each source is an async iterator of events and a way to cancel."""
