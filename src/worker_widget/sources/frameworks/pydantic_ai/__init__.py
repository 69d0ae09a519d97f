"""pydantic-ai, watched by a capability that every agent run of the process gets."""
