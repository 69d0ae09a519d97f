"""LangChain and LangGraph, watched by a callback handler that every run of the process gets."""
