"""What to tell the others: findings as text and as documents for machines."""
