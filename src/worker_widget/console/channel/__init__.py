"""The channel between kernel and browser: paced frames, snapshots and subscribers."""
