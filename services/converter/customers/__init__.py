"""What is asked about customers that exist: read, decided by `services.converter.domain.customer`, written and told."""
