"""What the projector makes of events. Pure: no I/O, no clock, no randomness."""
