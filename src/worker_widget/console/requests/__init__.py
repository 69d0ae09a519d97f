"""Requests from the browser: one module for each subject, and `dispatch`, which finds the handler."""
