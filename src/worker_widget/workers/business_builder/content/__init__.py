"""The written content (TOML, CSS, prompts) and the code that reads it."""
