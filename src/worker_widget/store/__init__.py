"""The event log on disk: append, read, filter, search. SQLite."""
