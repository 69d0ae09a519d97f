"""From a worker's address to its events.

endpoint ── where, and with which key; `embedded` finds or starts the host where no address is given
transport ─ one request and its answer, over httpx; `refusals` and `answers` give both a type
client ──── the routes of the worker API
sse ─────── bytes to frames
follow ──── a run's events to its end; `story` is what was told so far
background  the event loop thread that all of it runs on
"""
