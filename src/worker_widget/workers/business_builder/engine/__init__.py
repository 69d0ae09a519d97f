"""The run: plan, routing, stages, failures and recovery."""
