"""What code in a process does to be seen as a run: the same functions under a kernel's console and a host.

recording ──────── the events of one run, from the code that makes them to what keeps them
place ──────────── where in a run the code is, in a context variable
stage, lines, artifact, track, ask    what a person calls: `stage`, `log`, `warning`, `route`, `artifact`, ...
capture ────────── prints and logging records as log lines
function, call ─── a function as a worker, and one call of it as a run
json_value, failure_text              values and exceptions as an event holds them

Nothing here knows a store, a server or a widget.
"""
