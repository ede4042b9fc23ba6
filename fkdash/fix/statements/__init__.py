"""The statements of plans, and how it is seen that they took effect."""
