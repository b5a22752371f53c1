"""Imports point inward: contracts -> delivery -> kafka, postgres -> runtime -> operations, status, local -> cli; then services.

Read from the code by `ast`, so that imports inside functions and under TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 300

# A package may import those of a smaller number, and itself. Packages of one number do not know each other.
RANKS: Mapping[str, int] = {
    "leadline.errors": 0,
    "leadline.contracts": 1,
    "leadline.delivery": 2,
    "leadline.kafka": 3,
    "leadline.postgres": 3,
    "leadline.runtime": 4,
    "leadline.operations": 5,
    "leadline.status": 5,
    "leadline.local": 5,
    "leadline.cli": 6,
}
KAFKA_CLIENT = {
    "leadline.local.probes": "asks whether a server answers before there is anything of ours in it",
    "leadline.local.stopwatch": "a demo's own reader, which must not wait for what read_topics waits for",
}
POSTGRES_CLIENT = {
    "leadline.local.probes": "asks whether a server answers before there is a database in it",
}
ENVIRONMENT = {
    "leadline.runtime.settings": "the one place where settings are read",
    "leadline.cli.demo": "sets short retry delays, which its child processes inherit",
    "leadline.local.console": "NO_COLOR, which is no setting of ours",
    "leadline.local.java": "hands its own environment on to Java, without what would change Java",
    "leadline.local.postgres": "hands its own environment on to PostgreSQL, without PG*",
    "leadline.local.quickstart": "XDG_CACHE_HOME, which is no setting of ours",
    "leadline.local.supervisor": "hands its own environment on to services",
    "leadline.local.up": "hands the log format on to services",
}
WRITES_FILES = {
    "leadline.contracts.generate": {"yaml": "writes asyncapi.yaml for whoever changes the contract; no service imports it"},
}
DOMAIN_MAY_IMPORT = {
    "services.converter.domain.match_keys": {
        "phonenumbers": "tables of numbering plans: text in, number out",
        "stdnum": "rules of VAT numbers: text in, number out",
    },
    "services.projector.domain.dead_letter": {"leadline.delivery.record": "a dead letter is a record: data, no client behind it"},
}
LONGER: Mapping[str, str] = {
    "tests/integration/test_projector_store.py": "to be split by its owner",
}


@cache
def sources() -> Mapping[str, Path]:
    """Every module of the product, by its name."""
    files = [file for package in ("leadline", "services") for file in (ROOT / package).rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(sources()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """The modules that a module imports; `from package import module` counts as the module."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            parent = str(node.module)
            inside = {f"{parent}.{alias.name}" for alias in node.names} & sources().keys()
            found |= inside or {parent}
    return frozenset(found)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def modules_in(package: str) -> Iterator[str]:
    return (module for module in sources() if is_in(module, package))


def is_stdlib(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def rank(module: str) -> int | None:
    return next((number for package, number in RANKS.items() if is_in(module, package)), None)


def package_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def users(package: str) -> dict[str, str]:
    """The modules that import a package, with one of the imports."""
    return {m: each for m in sources() for each in imports(m) if is_in(each, package)}


def domain_modules() -> list[str]:
    return [m for m in modules_in("services") if m.split(".")[2:3] == ["domain"]]


def test_the_rules_are_applied_to_something() -> None:
    assert len(domain_modules()) > 8
    assert {package for module in sources() if (package := package_of(module)) in RANKS} == RANKS.keys()


def test_contracts_rely_on_pydantic_and_nothing_else() -> None:
    allowed = ("leadline.contracts", "leadline.errors", "pydantic", "pydantic_core")
    wrong = [
        (module, each)
        for module in modules_in("leadline.contracts")
        for each in imports(module)
        if not is_stdlib(each) and not any(is_in(each, package) for package in (*allowed, *WRITES_FILES.get(module, ())))
    ]
    assert wrong == []
    assert all(exceptions.keys() <= imports(module) for module, exceptions in WRITES_FILES.items())


def test_what_writes_files_is_imported_by_no_service() -> None:
    importers = {module for module in sources() if imports(module) & WRITES_FILES.keys()}
    assert importers <= {"leadline.contracts.release"}


def test_the_rules_of_a_service_know_the_contract_and_themselves_only() -> None:
    wrong = []
    for module in domain_modules():
        own = ".".join(module.split(".")[:3])
        allowed = ("leadline.contracts", "leadline.errors", own, *DOMAIN_MAY_IMPORT.get(module, ()))
        wrong += [
            (module, each)
            for each in imports(module)
            if not is_stdlib(each) and not any(is_in(each, package) for package in allowed)
        ]
    assert wrong == []


def test_the_protocol_knows_no_adapter_and_no_client() -> None:
    ours = [f"leadline.{each}" for each in ("kafka", "postgres", "runtime", "local", "operations", "cli")]
    forbidden = ["confluent_kafka", "psycopg", "services", *ours]
    wrong = [
        (module, each)
        for module in modules_in("leadline.delivery")
        for each in imports(module)
        if any(is_in(each, package) for package in forbidden)
    ]
    assert wrong == []


@pytest.mark.parametrize("module", sorted(sources()))
def test_imports_point_inward(module: str) -> None:
    own = rank(module)
    wrong = []
    for each in imports(module):
        other = rank(each)
        if own is None or other is None or package_of(module) == package_of(each):
            continue
        if other >= own:
            wrong.append(each)
    assert wrong == []


def is_postgres_adapter(module: str) -> bool:
    parts = module.split(".")
    return is_in(module, "leadline.postgres") or (parts[0] == "services" and parts[-1].startswith("store"))


@pytest.mark.parametrize(
    ("package", "is_adapter", "exceptions"),
    [
        ("confluent_kafka", lambda module: is_in(module, "leadline.kafka"), KAFKA_CLIENT),
        ("psycopg", is_postgres_adapter, POSTGRES_CLIENT),
        ("faust", lambda module: is_in(module, "services.notifier.deliver"), {}),
        ("aiokafka", lambda module: module == "services.notifier.deliver.commits", {}),
        ("aiohttp", lambda module: is_in(module, "services.notifier.deliver.channels"), {}),
        ("aiosmtplib", lambda module: is_in(module, "services.notifier.deliver.channels"), {}),
        ("jinja2", lambda module: module == "services.notifier.deliver.rendering", {}),
    ],
)
def test_a_client_library_has_one_home(package: str, is_adapter: Callable[[str], bool], exceptions: Mapping[str, str]) -> None:
    elsewhere = {module for module in users(package) if not is_adapter(module)}
    assert elsewhere - exceptions.keys() == set()
    assert exceptions.keys() - elsewhere == set(), "an exception that nobody needs any longer"


def reads_environment(module: str) -> bool:
    names = {"environ", "environb", "getenv", "putenv"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names})
        for node in ast.walk(tree(module))
    )


def test_the_environment_is_read_where_the_settings_are() -> None:
    found = {module for module in sources() if reads_environment(module)}
    assert found - ENVIRONMENT.keys() == set()
    assert ENVIRONMENT.keys() - found == set(), "an exception that nobody needs any longer"


def test_a_service_imports_no_other_service() -> None:
    wrong = [
        (module, each)
        for module in modules_in("services")
        for each in imports(module)
        if is_in(each, "services") and package_of(each) not in (package_of(module), "services")
    ]
    assert wrong == []


def test_leadline_imports_no_service() -> None:
    assert [module for module in users("services") if not is_in(module, "services")] == []


def test_no_file_is_longer_than_it_should_be() -> None:
    files = [file for folder in ("leadline", "services", "bench", "examples", "tests") for file in (ROOT / folder).rglob("*")]
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in files
        if file.suffix in (".py", ".sql")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in LONGER} == {}
