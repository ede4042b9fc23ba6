"""The steps of plans: how each kind of change is carried out and taken back."""
