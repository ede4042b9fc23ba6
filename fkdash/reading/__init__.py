"""Files that people give to fkdash: read within bounds, typed, with every mistake at its place."""
