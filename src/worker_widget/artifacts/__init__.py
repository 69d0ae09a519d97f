"""Renders artifacts as HTML documents for a sandboxed frame."""
