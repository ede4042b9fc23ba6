"""A fix as a migration of the team's own tool: what would be written, and writing it."""
