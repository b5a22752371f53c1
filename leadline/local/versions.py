"""The versions of the embedded servers, and how their data folders are marked."""

from __future__ import annotations

KAFKA_VERSION = "4.2.1"
POSTGRES_VERSION = "18"

KAFKA_DATA = f"Apache Kafka {KAFKA_VERSION.rpartition('.')[0]}, layout 1"
POSTGRES_DATA = f"PostgreSQL {POSTGRES_VERSION}, layout 1"
