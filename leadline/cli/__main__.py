"""`leadline ...`: which command is which function. Nothing else is here."""

from __future__ import annotations

import typer

from leadline.cli import (
    ask,
    audit,
    conversion,
    database,
    demo,
    dlq,
    dlq_decisions,
    doctor,
    exits,
    lists,
    metrics,
    notifications,
    offsets,
    preferences,
    preview,
    publish,
    stages,
    topics,
    up,
    watch,
)  # fmt: skip

app = typer.Typer(
    help="Leadline turns qualified leads into customers, once each, whatever fails.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("publish")(publish.publish)
app.command("watch")(watch.watch)
app.command("lead")(ask.lead)
app.command("customer")(ask.customer)
app.command("leads")(lists.leads)
app.command("customers")(lists.customers)
app.command("conversions")(lists.conversions)
app.command("metrics")(metrics.metrics)
app.command("preview")(preview.preview)
app.command("doctor")(doctor.doctor)
app.add_typer(conversion.app, name="conversion", help="Try a conversion again, cancel it, take it back.")
app.add_typer(topics.app, name="topics", help="Make and check the topics.")
app.add_typer(database.app, name="db", help="Migrate and check the database.")
app.add_typer(dlq.app, name="dlq", help="Look at dead letters, replay them, discard them.")
dlq.app.add_typer(dlq_decisions.app)  # without a name: its commands stand beside the others
app.add_typer(audit.app, name="audit", help="What operators did, and whether the record of it is whole.")
app.add_typer(notifications.app, name="notifications", help="Who hears of what, and what became of it.")
notifications.app.add_typer(preferences.app)  # without a name: its commands stand beside the others
app.add_typer(stages.app, name="stages", help="The time by which customers fall dormant.")
app.add_typer(offsets.app, name="offsets", help="Where each service stands, and the guarded way to move it.")


def main() -> None:
    """The command `leadline`."""
    exits.run(app)


if __name__ == "__main__":
    main()
