"""Find the foreign keys that will break the next DELETE, see whom they block, repair them live."""

__version__ = "0.1.0"
