"""Files instead of a server: where migrations lie, in which order they run, and where a finding stands in them."""
