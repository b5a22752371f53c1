"""Named queries from `.sql` files: a line `-- name: upsert_lead` begins one, the lines up to the next name are its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)[^\n]*\n", re.MULTILINE)


def load_queries(path: Path) -> Mapping[str, str]:
    """Read a file of named queries; raises ValueError for a name that stands twice."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names = parts[1::2]
    if len(set(names)) != len(names):
        message = f"{path.name}: a query name stands twice"
        raise ValueError(message)
    return MappingProxyType({name: text.strip() for name, text in zip(names, parts[2::2], strict=True)})
