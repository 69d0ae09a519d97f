"""The life of runs on the host: start, record, publish, cancel, replay, store."""
