"""The difference of two texts: lines matched, words marked, drawn side by side."""
