"""Runs as Python objects: start, follow, wait, read, export, compare."""
