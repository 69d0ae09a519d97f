"""The formal report of a run as PDF: what it says, the characters it can show, and its typesetting."""
