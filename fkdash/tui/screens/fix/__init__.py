"""The walk through a fix, from its options to the run, and the history."""
