"""Turns leads into customers, once each: keeps a replica of every lead, handles conversion requests, owns customers."""
