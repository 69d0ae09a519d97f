"""The routes of the worker API: validation of requests, responses and event streams."""
