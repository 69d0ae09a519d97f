"""The texts of the artifacts: one module each, which composes with a `Pen`.

``OPTIONAL`` are the sections of an artifact that can be left out, in that order; ``DEEP`` those of deep runs.
"""
