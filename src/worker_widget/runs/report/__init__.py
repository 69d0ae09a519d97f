"""One HTML file that is the console on runs: it opens from disk, without a server, a kernel or a network."""
