"""Charts of runs, as Altair charts that are readable on light and dark backgrounds."""
