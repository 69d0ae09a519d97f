"""The AG-UI worker: runs any agent that speaks the AG-UI protocol, and shows its run."""
