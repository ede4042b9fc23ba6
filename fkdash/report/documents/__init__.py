"""The JSON documents that fkdash prints, as types."""
