"""The compiled search: ruin and recreate over flat arrays. `engine.Engine` is the only door."""
