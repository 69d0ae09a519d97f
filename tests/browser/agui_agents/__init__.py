"""Agents of real frameworks over AG-UI, each a server process of its own with a scripted model."""
