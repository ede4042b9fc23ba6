"""What a statement says: split, taken into words, read by a grammar of its own; nothing is looked up yet."""
