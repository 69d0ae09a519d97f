"""OpenTelemetry spans of agents, as events of runs and back. Pure.

span ───────────── one span as a struct; `otlp_json` and `otlp_protobuf` bodies of OTLP/HTTP
attributes ─────── what all vocabularies share; `gen_ai` and `openinference` are those of models and agents
stage_facts ────── what a span says about its stage, in any vocabulary
span_events ────── one span as the events of its stage; `trace_reader` the spans of a trace, in any order
"""

from __future__ import annotations

from typing import Final

WORKER_ID: Final = "otlp"
"""The worker of runs that are made of spans."""
