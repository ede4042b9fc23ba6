"""What `check` and `lint` found, in each format."""
