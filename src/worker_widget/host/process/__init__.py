"""The host as a process: lock, socket, state file, start and stop."""
