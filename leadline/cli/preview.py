"""`leadline preview LEAD_ID`: what a conversion would do now. The converter's own rules answer, in a process of theirs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from leadline.cli import exits
from leadline.cli.connect import database_url
from leadline.cli.text import printable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def preview(
    lead_id: Annotated[str, typer.Argument(help="The lead's id.")],
    *,
    options: Annotated[str, typer.Option(help="JSON, as in the body of a request.")] = "",
    profile: Annotated[str | None, typer.Option(help="Profile to convert by; else that of LEADLINE_PROFILE.")] = None,
    origin: Annotated[str | None, typer.Option(help="Where the request would come from, such as map.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a conversion of a lead would create, link, fill and leave out, and its fingerprint. Changes nothing."""
    argv = [sys.executable, "-m", "services.converter.preview", lead_id, "--database", database_url("converter")]
    for name, value in (("--options", options), ("--profile", profile), ("--origin", origin)):
        argv += [name, value] if value else []
    answer = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        raise typer.Exit(exits.FAILED)
    found = orjson.loads(answer.stdout)
    if as_json:
        typer.echo(answer.stdout.decode().strip())
    else:
        Console().print(render(found))
    if found["would"] == "fail":
        raise typer.Exit(exits.REFUSED)


def render(found: Mapping[str, Any]) -> RenderableType:
    """The plan as a table of fields, with what comes along below."""
    lines = [Text(f"would {found['would']}", "bold")]
    if error := found.get("error"):
        lines.append(Text(f"{error['code']}: {error['message']} {', '.join(error['fields'])}".strip(), "red"))
    lines += [Text(f"candidate {each['customer_id']} {each['name']}: {each['reason']}") for each in found.get("candidates", ())]
    lines += warning_lines(found.get("warnings", ()))
    fields = Table("field", "value", "from", "action", box=None, pad_edge=False, header_style="dim")
    for each in found.get("fields", ()):
        value = "" if each["value"] is None else str(each["value"])
        fields.add_row(each["field"].replace("_", " "), Text(value), Text(each["source"], "dim"), each["action"])
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in found.get("counts", {}).items() if count)
    skipped = [Text(f"left out: {each['kind']} {each['id']}: {each['reason']}") for each in found.get("skipped", ())]
    last = [Text(f"fingerprint {found['fingerprint']}", "dim")] if "fingerprint" in found else []
    return Group(*lines, fields, Text(counts), *skipped, *last)


def warning_lines(warnings: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Each warning, and below it the customers that it is about."""
    lines = []
    for warning in warnings:
        lines.append(Text(f"{warning['code']}: {printable(warning['message'])}", "yellow"))
        candidates = warning.get("candidates") or ()
        lines += [Text(printable(f"  {each['customer_number']} {each['name']} ({each['customer_id']})")) for each in candidates]
    return lines
