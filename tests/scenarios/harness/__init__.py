"""What scenarios share: real service processes, an installation of their own, records to send, topics to read, a verdict."""
