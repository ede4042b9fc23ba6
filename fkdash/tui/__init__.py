"""The dashboard: thin, holds presentation state only."""
