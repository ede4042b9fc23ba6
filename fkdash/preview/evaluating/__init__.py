"""What stored expressions and comparisons give for the values of rows."""
