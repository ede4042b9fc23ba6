"""What statements do to tables, their columns, keys and partitions."""
