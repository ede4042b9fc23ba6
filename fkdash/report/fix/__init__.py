"""Options, plans, preflights, rehearsals, runs and exports, for people and for programs."""
