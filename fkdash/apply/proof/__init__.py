"""Before and after: preflight, rehearsal, probes, verification."""
