"""Requests to take conversions back: read, decided by `services.converter.domain.revert`, written and told."""
