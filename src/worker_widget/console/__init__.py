"""The console as a widget: its controller, its session and the wire."""
