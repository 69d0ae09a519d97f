"""The worker API as a source: from a server's address to a run's events.

endpoint ───────── address and key; `endpoint_source` finds them, `embedded` finds or starts the host
transport ──────── one request and its answer, over httpx; `refusals` turns an error answer into an error
client ─────────── the routes of the worker API
follow ─────────── a run's events to its end; `stream_state` is what the stream has delivered so far
"""
