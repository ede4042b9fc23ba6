"""What has been run and in which database: written before the first statement, read to undo and resume."""
