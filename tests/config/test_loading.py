"""What a good file and the environment become."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbot.config import ConfigInvalid, config_path
from opsbot.core.entry import Mode, Placement, Severity, Visibility
from opsbot.core.hours import Hours
from opsbot.core.routing import DEFAULT_RULES
from opsbot.core.service import LinkTemplate
from tests.config.vendor import AcmeSettings, settings_of

CATALOGUE = """
links:
  - {label: Dashboard, url: "https://grafana.example.com/d/x?var-service={service}&from={start_ms}"}
services:
  - name: checkout-api
    owner: shop
    channel: C0123ABCDEF
    pagerduty_id: PABC123
    repository: shop/checkout-api
    environment: production
    tier: one
    selectors: {acme: checkout}
    depends_on: cart-api
    links: [{label: Wiki, url: "https://wiki.example.com/{service}"}]
  - name: cart-api
    depends_on: [checkout-api]
"""


def test_an_empty_file_gives_the_defaults() -> None:
    """`serve` starts with no integration at all; `check` says what is lacking."""
    settings = settings_of("# nothing but a comment\n")
    assert settings.mode is Mode.LIVE
    assert (settings.host, settings.port) == ("0.0.0.0", 8080)  # noqa: S104 - the default
    assert settings.database_url == ""
    assert settings.data_dir == Path("data")
    assert settings.routing == DEFAULT_RULES
    assert settings.integrations == ()
    assert settings.delivery_stuck_after == timedelta(minutes=5)
    assert (settings.backlog_limit, settings.body_limit) == (10_000, 2 * 1024 * 1024)
    assert not settings.ephemeral_disk_allowed


def test_a_section_with_nothing_in_it_is_as_if_not_written() -> None:
    """A section whose keys are all commented out is null in YAML."""
    empty = "slack:\nlisten:\nrouting:\nservices:\nintegrations:\n  beacon:\ntimezone:\n"
    settings = settings_of(empty)
    assert settings.slack.channel_prefix == "inc-"
    assert [known.name for known in settings.integrations] == ["beacon"]


def test_a_rule_becomes_what_routing_decides_from() -> None:
    text = (
        "services: {checkout-api: {}}\n"
        "routing:\n"
        "  - name: office hours\n"
        "    when:\n"
        "      urgency: high\n"
        "      priority: P1\n"
        "      service: [checkout-api]\n"
        "      team: Shop\n"
        "      known_service: yes\n"
        "      hours: 22:00-06:00\n"
        "      days: [fri-mon, wed]\n"
        "      still_open_after: 1m30s\n"
        "    then: thread\n"
        "    channel: C0123ABCDEF\n"
    )
    (rule,) = settings_of(text).routing
    assert (rule.name, rule.then, rule.channel) == ("office hours", Placement.THREAD, "C0123ABCDEF")
    assert (rule.urgency, rule.priorities, rule.services) == ("high", ("P1",), ("checkout-api",))
    assert (rule.teams, rule.known_service) == (("Shop",), True)
    assert rule.hours == Hours(start=time(22), end=time(6))
    assert rule.days == ("mon", "wed", "fri", "sat", "sun")
    assert rule.still_open_after == timedelta(seconds=90)


def test_no_rules_at_all_is_not_the_default_rules() -> None:
    """`routing: []` is a decision: everything goes to the digest."""
    assert settings_of("routing: []\n").routing == ()


def test_a_service_carries_its_own_links_before_the_shared_ones() -> None:
    service = settings_of(CATALOGUE).catalogue.named("checkout-api")
    assert service is not None
    assert [link.label for link in service.links] == ["Wiki", "Dashboard"]
    assert service.links[0] == LinkTemplate(label="Wiki", url="https://wiki.example.com/{service}")
    assert service.selectors == (("acme", "checkout"),)
    assert service.depends_on == ("cart-api",)


def test_the_catalogue_may_be_a_list_or_a_mapping() -> None:
    """Both forms give the same services, in the order they are written."""
    mapping = (
        CATALOGUE.replace("- name: checkout-api", "checkout-api:")
        .replace("- name: cart-api", "cart-api:")
    )  # fmt: skip
    assert settings_of(mapping).catalogue.services == settings_of(CATALOGUE).catalogue.services


def test_services_may_depend_on_each_other_in_a_circle() -> None:
    catalogue = settings_of(CATALOGUE).catalogue
    assert [s.name for s in catalogue.around("cart-api")] == ["cart-api", "checkout-api"]


def test_a_maintenance_time_is_local_unless_it_says_otherwise() -> None:
    text = (
        "timezone: Europe/Berlin\n"
        "services: {checkout-api: {}}\n"
        "maintenance:\n"
        "  - {name: move, services: checkout-api, start: 2026-11-28 22:00,"
        " end: '2026-11-28T23:30:00Z'}\n"
    )
    (window,) = settings_of(text).maintenance
    assert window.start == datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
    assert window.end == datetime(2026, 11, 28, 23, 30, tzinfo=UTC)


def test_settings_give_the_rules_that_decisions_are_made_from() -> None:
    text = CATALOGUE + (
        "mode: shadow\n"
        "timezone: Europe/Berlin\n"
        "slack: {shadow_channel: G0123ABCDEF, visibility: private, channel_prefix: fire-}\n"
        "severity: {priority: {Top: SEV1}, urgency: {high: SEV2}}\n"
        "return_within: 10m\n"
        "archive_after: 2d\n"
        "cadence: {SEV1: 15m, SEV3: 1d}\n"
        "evidence: {window: 15m, horizon: 12h}\n"
        "integrations: {acme: {url: https://acme.example.com}, beacon: {}}\n"
    )
    rules = settings_of(text).rules()
    assert (rules.mode, rules.zone) == (Mode.SHADOW, "Europe/Berlin")
    assert rules.channels.shadow == "G0123ABCDEF"
    assert (rules.channel_prefix, rules.visibility) == ("fire-", Visibility.PRIVATE)
    assert rules.severity_by_priority == (("Top", Severity.SEV1),)
    assert rules.severity_by_urgency == (("high", Severity.SEV2),)
    assert (rules.return_within, rules.archive_after) == (timedelta(minutes=10), timedelta(days=2))
    assert dict(rules.cadence) == {
        Severity.SEV1: timedelta(minutes=15), Severity.SEV3: timedelta(days=1),
    }  # fmt: skip
    assert rules.evidence_window == timedelta(minutes=15)
    assert rules.evidence_horizon == timedelta(hours=12)
    assert rules.evidence_sources == ("acme",)
    assert len(rules.catalogue.services) == 2


def test_sources_that_were_built_replace_the_guess() -> None:
    rules = settings_of("integrations: {beacon: }\n").rules(["metrics", "changes"])
    assert rules.evidence_sources == ("metrics", "changes")


def test_an_integration_is_checked_by_its_own_settings() -> None:
    settings = settings_of("integrations: {acme: {url: https://acme.example.com, depth: 5}}\n")
    acme = settings.integration("acme")
    assert acme is not None
    assert acme.settings == AcmeSettings(url="https://acme.example.com", depth=5)
    assert settings.integration("beacon") is None


def test_settings_never_change() -> None:
    settings = settings_of("")
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(days=1)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_durations_are_written_with_units(written: str, length: timedelta) -> None:
    assert settings_of(f"archive_after: {written}\n").archive_after == length


@pytest.mark.parametrize("written", ["0s", "-5m", "5", "5 m", "1s5m", "999999d", "5m\\n", ""])
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(f'archive_after: "{written}"\n')
    assert "1h30m" in caught.value.problems[0].fix


@pytest.mark.parametrize(
    ("environ", "given", "path"),
    [
        ({}, "", "opsbot.yaml"),
        ({"OPSBOT_CONFIG": "/etc/opsbot.yaml"}, "", "/etc/opsbot.yaml"),
        ({"OPSBOT_CONFIG": "/etc/opsbot.yaml"}, "mine.yaml", "mine.yaml"),
    ],
)
def test_the_file_is_the_one_given_or_the_one_configured(
    environ: Mapping[str, str], given: str, path: str
) -> None:
    assert config_path(environ, given) == Path(path)


@pytest.mark.parametrize("written", ["no", "off", "on", "12:30", "0123", "1e3x", "2026-11-28"])
def test_words_that_older_yaml_reads_as_something_else_stay_text(written: str) -> None:
    """A service called `no` is a service, and an owner 0123 keeps its zero."""
    service: Any = settings_of(f"services: {{x: {{owner: {written}}}}}\n").catalogue.named("x")
    assert service.owner == written
