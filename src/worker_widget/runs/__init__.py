"""Runs as Python objects: start, follow, await, read, export and compare them."""
