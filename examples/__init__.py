"""A day of a sales team as input records, and what must come of it."""
