"""A package with a worker in it, for people who write their own: ``worker-widget new``."""
