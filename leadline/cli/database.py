"""`leadline db migrate|check`."""

from __future__ import annotations

import typer

from leadline.cli import connect, exits
from leadline.postgres.migrate import SCHEMAS, migrate_all, missing_migrations

app = typer.Typer(no_args_is_help=True)


def _urls() -> dict[str, str]:
    return {service: connect.database_url(service) for service in SCHEMAS}


@app.command()
def migrate() -> None:
    """Apply the migrations that are missing."""
    for service, applied in migrate_all(_urls()).items():
        for name in applied:
            typer.echo(f"{service}: {name}")


@app.command()
def check() -> None:
    """Say which migrations are missing; exit 1 if any is."""
    missing = [f"{service}: {name}" for service, url in _urls().items() for name in missing_migrations(url, service)]
    for line in missing:
        typer.echo(line)
    if missing:
        typer.echo("apply them: leadline db migrate", err=True)
        raise typer.Exit(exits.FAILED)
    typer.echo("the database is as it should be", err=True)
