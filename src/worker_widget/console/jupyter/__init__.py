"""Everything that knows a notebook: the comm, cells, the front end and what a saved notebook shows."""
