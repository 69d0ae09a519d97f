"""SQL over the frames of runs, executed by DuckDB: it only reads, and only what a statement needs."""
