"""The run state: `reduce` folds events into a bounded `RunState`. Pure functions."""
