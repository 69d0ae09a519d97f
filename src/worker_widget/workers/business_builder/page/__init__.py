"""The landing page: its colours, drawings, markup, and the reader that checks it."""
