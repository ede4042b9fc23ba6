"""The first screens: databases, constraints, findings, tables and their references."""
