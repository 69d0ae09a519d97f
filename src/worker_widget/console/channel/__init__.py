"""The channel between kernel and browser: paced frames, snapshots, and what each subscriber shows."""
