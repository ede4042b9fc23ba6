"""What a delete reaches, and everything declared there that decides what it does."""
