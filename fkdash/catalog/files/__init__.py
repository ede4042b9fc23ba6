"""The catalog that SQL files add up to, read without a server."""
