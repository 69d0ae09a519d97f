"""The embedded worker host: the worker API on loopback, in a process of its own.

A busy or restarted kernel does not hurt a run, because the run lives here. One host serves one home
directory. It is started by ``python -m worker_widget.host`` or ``worker-widget host``, found through
``host.json``, and ends itself when nothing has been asked of it for a while.

What a worker tells goes one way::

    worker ─emit─▶ recorder ─one transaction─▶ store ─▶ bus wakes ─▶ subscribers read the store

An event is on a stream only once it is stored. So a resumed stream never skips or repeats, a reader
never saw what a crash took back, and a slow reader costs no memory.
"""
