"""Plans that travel: written, read, edited, and held against what is declared by now."""
