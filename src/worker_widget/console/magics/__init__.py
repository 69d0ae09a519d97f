"""The magics of notebooks: ``%%worker``, ``%worker_runs`` and ``%worker_open``, beside ``%%worker_sql``."""
