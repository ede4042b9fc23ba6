"""What can be changed, and what it costs: options and plans, as pure functions."""
