"""The routes of the worker API: requests read and checked, answers and streams written."""
