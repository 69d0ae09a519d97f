"""The worker API as an event source.

endpoint ───────── address and key; `endpoint_settings` finds them, `embedded` finds or starts the host
transport ──────── sends an `api_request` over httpx; `refusals` maps an error response to an exception
client ─────────── the routes of the worker API
follow ─────────── the events of a run until its end; `stream_state` keeps the state of the stream
served_run ─────── a run as a `RunSource`
"""
