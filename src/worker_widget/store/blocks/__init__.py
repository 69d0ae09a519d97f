"""The form of a run's log: blocks of consecutive events in columns, and their compression. Pure functions."""
