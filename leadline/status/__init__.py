"""Questions to the status store, for the command line and whoever else shows it; nothing here writes."""
