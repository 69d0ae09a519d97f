"""Agents of other frameworks, watched in this process: `watch` and `unwatch`.

watching ──────────── what a person calls, and which frameworks are installed
langchain, pydantic_ai, openai_agents   each: ``translate`` (pure: what is reported, as facts of a span), the
                      hook into the framework, and ``watched``, what `watch` calls
framework_run ─────── one watched run, fed from any thread
trace, names ──────── its spans as events (pure)
surroundings ──────── in which run it is, and `destination`, where its events go
guard ─────────────── keeps an error of a hook away from the run
"""
