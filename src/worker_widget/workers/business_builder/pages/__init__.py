"""The landing page: drawing it, its drawings, and reading it back to check it."""
