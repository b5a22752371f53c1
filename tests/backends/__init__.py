"""Where the servers of the tests come from: embedded, containers, or somebody else's."""
