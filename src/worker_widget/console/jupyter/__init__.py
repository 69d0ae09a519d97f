"""Integration with Jupyter: the comm, cells, the front end, and the contents of a saved notebook."""
