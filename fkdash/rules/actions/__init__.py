"""What a referential action meets when it runs."""
