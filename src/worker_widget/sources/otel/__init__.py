"""Spans of this process as runs, while they happen.

sdk_span ───────── a span of the OpenTelemetry SDK as a `Span`
live_traces ────── starts and ends of spans as open runs
"""
