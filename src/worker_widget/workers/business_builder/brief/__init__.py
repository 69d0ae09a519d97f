"""Reads a request: the task as a brief, and every text of task and brand that can be quoted."""
