"""What people look at rather than read: pure functions from plain data to lines of text with roles."""
