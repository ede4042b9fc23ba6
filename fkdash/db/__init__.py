"""Where am I, and may I look: targets, read-only sessions, the one write session."""
