"""The Business Builder: a deterministic worker with its own rules and texts."""
