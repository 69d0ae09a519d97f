"""The event log of all runs, and what is read from it: frames, exports, the history."""
