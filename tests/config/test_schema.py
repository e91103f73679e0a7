"""The JSON Schema that editors use says the same as the loader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opsbot.config import schema
from opsbot.config.file import ConfigFile
from tests.config.vendor import VENDORS, read_yaml

SCHEMA = schema(VENDORS.values())
BAD = Path(__file__).parent / "bad"

# Mistakes a schema can see; the others need the whole file, the disk or the environment.
SEEN = [
    "unknown-key",
    "unknown-top-level-key",
    "key-in-the-wrong-section",
    "unknown-vendor-key",
    "vendor-key-missing",
    "unknown-integration",
    "secret-in-file",
    "vendor-secret-in-file",
    "rule-without-then",
    "rule-goes-nowhere",
    "hours-without-end",
    "duration-without-unit",
    "duration-in-words",
    "channel-by-name",
    "thread-channel-by-name",
    "section-is-a-word",
    "unknown-mode",
    "port-too-large",
    "number-in-words",
    "size-without-unit-name",
    "id-is-a-number",
    "service-without-name",
    "severity-of-unknown-urgency",
    "unknown-severity",
    "policy-rule-without-then",
    "policy-limit-by-environment",
    "policy-group-by-name",
    "policy-unknown-risk",
    "policy-unknown-role",
    "policy-unknown-ruling",
]


@pytest.mark.parametrize("name", SEEN)
def test_the_schema_sees_what_can_be_seen_in_an_editor(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read_yaml(BAD / f"{name}.yaml"), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        {"services": {"checkout-api": {"owner": "shop"}}},
        {"services": [{"name": "checkout-api", "owner": "shop"}]},
        {"routing": [{"name": "a", "then": "room", "when": {"priority": "P1"}}]},
        {"routing": [{"name": "a", "then": "room", "when": {"priority": ["P1", "P2"]}}]},
        {"policy": {"rules": [{"name": "a", "then": "denied", "when": {"risk": "high"}}]}},
        {"policy": {"rules": [{"name": "a", "then": "denied", "when": {"risk": ["high"]}}]}},
        {"policy": {"approvers": {"roles": "lead"}, "break_glass": {"roles": ["tech lead"]}}},
        {"limits": {"body": "1MiB"}},
        {"limits": {"body": 1048576}},
        {"integrations": {"beacon": None}},
        {"integrations": {"beacon": {"webhook_secret_files": ["a", "b"]}}},
    ],
)
def test_the_schema_accepts_every_way_of_writing(text: dict[str, Any]) -> None:
    jsonschema.validate(text, SCHEMA)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_durations_show_their_default_as_the_file_writes_it() -> None:
    properties = SCHEMA["properties"]
    assert properties["delivery_stuck_after"]["default"] == "5m"
    assert properties["archive_after"]["default"] == "1d"


def settings_in(node: Any) -> Iterator[tuple[str, str]]:
    """Every setting with its description; a section may bring its own along."""
    for section in (node, *node["$defs"].values()):
        for key, value in section.get("properties", {}).items():
            referred = node["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})
            yield key, value.get("description") or referred.get("description", "")


def test_every_setting_says_what_it_means() -> None:
    """The description is what an editor shows, and what a missing key is explained with."""
    described = list(settings_in(schema()))
    assert [key for key, description in described if not description] == []
    assert len(described) > len(ConfigFile.model_fields)
