"""docs/opsbot.example.yaml: it loads, shows every setting, and tells the true defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from opsbot.catalog import (
    all_executors,
    all_integrations,
    executor_names,
    find_executor,
    find_integration,
    integration_names,
)
from opsbot.config import Settings, check, load, schema
from opsbot.config.executor_section import secret_fields
from opsbot.config.file import ConfigFile
from opsbot.config.policy_section import (
    FreezeSection,
    LimitSection,
    PolicyRuleSection,
    PolicySection,
    PolicyWhen,
)
from opsbot.config.routing_section import MaintenanceWindow, RoutingRule, When
from opsbot.config.secret import file_keys
from opsbot.config.service_section import Link, ServiceSection
from opsbot.config.who_section import WhoSection
from opsbot.core.policy import Policy
from opsbot.executors import ExecutorKind
from tests.config.vendor import read_yaml

EXAMPLE = Path(__file__).parents[2] / "docs" / "opsbot.example.yaml"
TEXT = EXAMPLE.read_text("utf-8")

# Sections whose values are examples by nature; everything else shows its default.
EXAMPLES = {"policy", "routing", "maintenance", "links", "services", "integrations", "executors"}
EXAMPLE_CHANNELS = {"digest_channel", "ops_channel", "shadow_channel"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(EXAMPLE, {}, find_integration, integration_names(), find_executor, executor_names())


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
        *(f"integrations.{one.name}" for one in all_integrations() if one.secrets),
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


@pytest.mark.parametrize("key", ["approvers", "expires", "page_after"])
def test_what_a_policy_leaves_open_is_shown(key: str, settings: Settings) -> None:
    assert getattr(settings.policy, key) == getattr(Policy(), key)


REPEATED = (
    When, RoutingRule, MaintenanceWindow, Link, ServiceSection, PolicySection, PolicyRuleSection,
    PolicyWhen, LimitSection, FreezeSection, WhoSection,
)  # fmt: skip


@pytest.mark.parametrize("model", REPEATED)
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


@pytest.mark.parametrize("kind", all_executors(), ids=lambda kind: kind.name)
def test_every_executor_shows_each_setting_with_its_default(
    kind: ExecutorKind, settings: Settings, written: dict[str, Any]
) -> None:
    """One that is always there and has no settings need not be shown."""
    fields = {*kind.settings.model_fields, *file_keys(secret_fields(kind))}
    fields |= {"secrets"} if kind.named_secrets else set()
    if kind.always and not fields:
        assert kind.name not in written["executors"]
        assert f"`{kind.name}`" in TEXT
        return
    known = settings.executor(kind.name)
    assert known is not None
    assert set(written["executors"][kind.name]) == fields
    varies = {key for key, info in kind.settings.model_fields.items() if info.is_required()}
    examples = {key: getattr(known.settings, key) for key in varies}
    assert known.settings == kind.settings(**examples)


def test_the_schema_accepts_the_example(written: dict[str, Any]) -> None:
    jsonschema.validate(written, schema(all_integrations(), all_executors()))
    jsonschema.validate(written, schema())


def test_the_example_may_be_followed_without_any_comment_left(written: dict[str, Any]) -> None:
    """Deleting what is default leaves the defaults: no key needs another one."""
    for key in written:
        jsonschema.validate({key: written[key]}, schema())
