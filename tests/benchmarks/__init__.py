"""Measurements, as ratios to a plain query or a peer in the same run; run by hand, never asserted in tests."""
