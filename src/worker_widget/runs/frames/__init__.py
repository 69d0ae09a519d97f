"""Runs as frames: their columns, how they are read from the history, and the libraries that hold them."""
