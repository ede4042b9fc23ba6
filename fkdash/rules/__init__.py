"""What is wrong with it: findings, as pure functions of a catalog."""
