"""The embedded worker host: the worker API on loopback, in a separate process.

A busy or restarted kernel does not affect a run, because the run is in the host. One host serves one home
directory. ``python -m worker_widget.host`` or ``worker-widget host`` starts it, clients find it through
``host.json``, and it stops after an idle period.

The events of a worker flow one way::

    worker ─emit─▶ recorder ─one transaction─▶ store ─▶ bus wakes ─▶ subscribers read the store

An event is on a stream only after it is stored. Therefore a resumed stream never skips or repeats an event,
no reader sees an event that a crash discards, and a slow reader uses no memory.
"""
