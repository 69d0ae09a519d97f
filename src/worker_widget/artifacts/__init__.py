"""Artifacts as something to look at: documents for a sandboxed frame."""
