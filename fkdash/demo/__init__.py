"""The incident, on a private throwaway server."""
