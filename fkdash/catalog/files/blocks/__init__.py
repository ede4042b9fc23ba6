"""DO blocks: what they ask of the catalogs and what they do."""
