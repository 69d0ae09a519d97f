"""The OpenAI Agents SDK, watched by a trace processor and around the runner's calls."""
