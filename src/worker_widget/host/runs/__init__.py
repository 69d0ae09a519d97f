"""Runs on the host: start, record, publish, cancel, replay, store."""
