"""docs/opsbot.example.yaml: it loads, shows every setting, and tells the true defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from opsbot.catalog import all_integrations, find_integration, integration_names
from opsbot.config import Settings, check, load, schema
from opsbot.config.file import ConfigFile
from opsbot.config.routing_section import MaintenanceWindow, RoutingRule, When
from opsbot.config.secret import file_keys
from opsbot.config.service_section import Link, ServiceSection
from tests.config.vendor import read_yaml

EXAMPLE = Path(__file__).parents[2] / "docs" / "opsbot.example.yaml"
TEXT = EXAMPLE.read_text("utf-8")

# Sections whose values are examples by nature; everything else shows its default.
EXAMPLES = {"routing", "maintenance", "links", "services", "integrations"}
EXAMPLE_CHANNELS = {"digest_channel", "ops_channel", "shadow_channel"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(EXAMPLE, {}, find_integration, integration_names())


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return read_yaml(EXAMPLE)


def test_the_example_loads_and_lacks_only_its_secrets(settings: Settings) -> None:
    """A file to copy should not come with mistakes of its own."""
    findings = check(settings)
    assert {finding.key for finding in findings} == {
        "slack.bot_token",
        "slack.signing_secret",
        "integrations.pagerduty.webhook_secret",
        *(f"integrations.{name}" for name in integration_names()),
    }


def test_every_top_level_setting_is_shown(written: dict[str, Any]) -> None:
    assert set(written) == set(ConfigFile.model_fields)


@pytest.mark.parametrize("name", sorted(set(ConfigFile.model_fields) - EXAMPLES))
def test_every_setting_shows_its_default(name: str, written: dict[str, Any]) -> None:
    """Shown and default are compared after reading, so 24h may be written for 1d."""
    default = ConfigFile.model_fields[name].default
    shown = getattr(ConfigFile.model_validate({name: written[name]}), name)
    if isinstance(default, BaseModel):
        assert set(written[name]) == set(type(default).model_fields)
        shown = shown.model_copy(
            update={key: "" for key in EXAMPLE_CHANNELS if key in written[name]}
        )
    assert shown == default


@pytest.mark.parametrize("model", [When, RoutingRule, MaintenanceWindow, Link, ServiceSection])
def test_every_key_of_a_repeated_section_is_shown_or_named(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if key not in TEXT] == []


@pytest.mark.parametrize("name", integration_names())
def test_every_integration_shows_each_setting_with_its_default(
    name: str, settings: Settings, written: dict[str, Any]
) -> None:
    """Only addresses and names of people differ from the vendor's own defaults."""
    known = settings.integration(name)
    assert known is not None
    fields = type(known.settings).model_fields
    assert set(written["integrations"][name]) == {*fields, *file_keys(known.integration.secrets)}
    varies = {key for key, info in fields.items() if info.is_required()} | {"from_email"}
    examples = {key: getattr(known.settings, key) for key in varies & set(fields)}
    assert known.settings == type(known.settings)(**examples)


def test_the_schema_accepts_the_example(written: dict[str, Any]) -> None:
    jsonschema.validate(written, schema(all_integrations()))
    jsonschema.validate(written, schema())


def test_the_example_may_be_followed_without_any_comment_left(written: dict[str, Any]) -> None:
    """Deleting what is default leaves the defaults: no key needs another one."""
    for key in written:
        jsonschema.validate({key: written[key]}, schema())
