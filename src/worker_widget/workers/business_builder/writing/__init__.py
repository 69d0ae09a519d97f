"""The artifacts' texts: one module each, composing from a `Pen` and the sections to leave out.

Each has ``OPTIONAL``, its sections that can be left out, in the order in which they go.
"""
