"""Workers that come with the package: guests of the host, found through entry points."""
