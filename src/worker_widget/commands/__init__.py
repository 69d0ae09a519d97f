"""The commands of ``worker-widget``, a module each. ``cli`` imports the one that is called."""
