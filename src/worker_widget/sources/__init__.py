"""Event sources: each is an async iterator of events with a way to cancel the run."""
