"""Reads the tables that are judged, all in one snapshot."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from tests.faults.checker.facts import ConversionRow, CustomerRow, ProgressRow, Tables

CUSTOMERS: LiteralString = """
    SELECT customer_id::text, customer_number::text, code::text, lead_id::text, conversion_id::text
      FROM converter.customer"""
PROGRESS: LiteralString = """
    SELECT consumer_group, topic, partition, epoch, coalesce(next_offset, 0) FROM converter.partition_progress"""
JOURNAL: LiteralString = """
    SELECT consumer_group, topic, partition, 0, next_offset FROM converter.emission_journal"""
CONVERSIONS: LiteralString = """
    SELECT conversion_id::text, lead_id::text, state::text, attempt, customer_id::text, error_code::text
      FROM projector.conversion"""
PROJECTED_CUSTOMERS: LiteralString = "SELECT customer_id::text FROM projector.customer"
LEADS: LiteralString = "SELECT lead_id::text, status::text FROM projector.lead"
DEAD_LETTERS: LiteralString = "SELECT dlq_id::text FROM projector.dead_letter"
EVENTS: LiteralString = (
    "SELECT conversion_id::text, ce_id::text FROM projector.conversion_event WHERE topic LIKE '%conversion.events'"
)


def read_tables(database_url: str) -> Tables:
    """Read both schemas as of one moment."""
    with psycopg.connect(database_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return Tables(
            customers=[CustomerRow(*row) for row in _rows(connection, CUSTOMERS)],
            progress=[ProgressRow(*row) for row in _rows(connection, PROGRESS)],
            journal=[ProgressRow(*row) for row in _rows(connection, JOURNAL)],
            projected_conversions=[ConversionRow(*row) for row in _rows(connection, CONVERSIONS)],
            projected_customers=[row[0] for row in _rows(connection, PROJECTED_CUSTOMERS)],
            projected_leads=dict(_rows(connection, LEADS)),
            projected_dead_letters=[row[0] for row in _rows(connection, DEAD_LETTERS)],
            projected_events=[(row[0], row[1]) for row in _rows(connection, EVENTS)],
        )


def read_positions(database_url: str) -> Tables:
    """Read only how far each group is: to know whose offsets to ask Kafka for."""
    with psycopg.connect(database_url) as connection:
        return Tables(
            progress=[ProgressRow(*row) for row in _rows(connection, PROGRESS)],
            journal=[ProgressRow(*row) for row in _rows(connection, JOURNAL)],
        )


def _rows(connection: psycopg.Connection[Any], query: LiteralString) -> list[Any]:
    return connection.execute(query).fetchall()
