"""docker-compose.yml says of brokers and services what the code says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.local.kafka_config import broker_settings
from leadline.local.up import _PROCESSES
from leadline.local.versions import KAFKA_VERSION, POSTGRES_VERSION

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BROKERS = ("kafka", "kafka-2", "kafka-3")
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
ONE_ONLY = {
    "listener.security.protocol.map": "there is a listener for this machine too",
    "controller.quorum.election.timeout.ms": "three voters have each other to wait for",
    "controller.quorum.election.backoff.max.ms": "as above",
    "node.id": "each has its own",
}


def default(value: object) -> str:
    """What a value is where nobody sets its variable."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


@pytest.mark.parametrize("broker", BROKERS)
def test_a_broker_is_set_as_the_embedded_one(broker: str) -> None:
    environment = SERVICES[broker]["environment"]
    wanted = {name: value for name, value in broker_settings().items() if name not in ONE_ONLY}

    assert {name: default(environment.get("KAFKA_" + name.upper().replace(".", "_"))) for name in wanted} == wanted


def test_the_images_are_of_the_versions_of_the_embedded_servers() -> None:
    assert {SERVICES[broker]["image"] for broker in BROKERS} == {f"apache/kafka:{KAFKA_VERSION}"}
    assert SERVICES["postgres"]["image"] == f"postgres:{POSTGRES_VERSION}"


def test_every_process_that_up_runs_has_a_container_of_its_own() -> None:
    run = {service["command"][-1] for name, service in SERVICES.items() if service.get("restart") != "no" and name in OURS}

    assert {f"services.{name}" for name in _PROCESSES if (ROOT / "services" / Path(*name.split("."))).is_dir()} <= run


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing_of_their_image_and_have_no_rights(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_has_a_limit_and_a_log_that_ends(name: str) -> None:
    assert SERVICES[name]["mem_limit"]
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_open_on_loopback_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_data_lies_in_named_volumes() -> None:
    used = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}

    assert used - {"./examples"} == COMPOSE["volumes"].keys()


def test_no_file_of_compose_holds_a_password() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "Dockerfile", ROOT / ".env.example", *(ROOT / "compose").glob("*.env")]
    text = "\n".join(file.read_text("utf-8") for file in files)

    assert re.findall(r"(?im)^\W*\w*(?:password|secret|token)\w*[ ]*[=:][ ]*(?!/run/leadline/)[\"']?[\w-]{6,}", text) == []
    assert re.findall(r"://\w+:[^@/\s]+@", text) == []
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").split()
