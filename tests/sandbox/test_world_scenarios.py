"""Scenario files: what ships loads and is believable; mistakes are told with file, key and cure."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from opsbot.sandbox.scenario import ScenarioError, catalogue
from opsbot.sandbox.scenario_file import SCENARIO_FOLDER, load_scenario, scenario_names, seconds
from opsbot.sandbox.scenario_rules import call_order
from opsbot.sandbox.signals import Signals


def test_three_scenarios_ship() -> None:
    """Their names are what the demo accepts."""
    assert scenario_names() == ("connection-pool", "memory-limit", "no-culprit")


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_is_a_company_of_forty_services(name: str) -> None:
    """Callee before caller, unique PagerDuty ids, somebody on call for each service."""
    scenario = load_scenario(name)
    order = call_order(scenario)
    assert len(scenario.services) == len(order) == 40
    assert len({service.pagerduty_id for service in scenario.services}) == 40
    assert order.index("token-store") < order.index("session-validation") < order.index("auth-api")
    assert all(scenario.team(service.team).levels for service in scenario.services)


@pytest.mark.parametrize("name", scenario_names())
def test_a_callee_gets_about_the_traffic_its_callers_send(name: str) -> None:
    """Rates in the file must agree with the call graph, or evidence contradicts itself."""
    scenario = load_scenario(name)
    for service in scenario.services:
        sent = sum(
            scenario.service(caller).rate * dependency.share
            for caller in scenario.callers_of(service.name)
            for dependency in scenario.service(caller).dependencies
            if dependency.service == service.name
        )
        assert not scenario.callers_of(service.name) or sent == pytest.approx(
            service.rate, rel=0.02
        )


def test_the_catalogue_is_what_a_team_would_write_down() -> None:
    """Names, owner, ids and dependencies, as plain values."""
    entries = {entry.name: entry for entry in catalogue(load_scenario("memory-limit"))}
    entry = entries["auth-api"]
    assert entry.team == "identity"
    assert entry.repository == "acorn-rye/auth-api"
    assert entry.dependencies == (
        "session-validation",
        "user-directory",
        "mfa-service",
        "rate-limiter",
    )
    assert entry.environment == "production"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-12m", -720.0), ("+1m", 60.0), ("0s", 0.0), ("-4m30s", -270.0), ("-143h10m", -515400.0)],
)
def test_offsets_read_as_written(text: str, expected: float) -> None:
    """Hours, minutes and seconds with a sign."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "-", "12", "m12", "-1d", "1m 2s"])
def test_anything_else_is_no_offset(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ValueError, match="write it like"):
        seconds(text)


def broken(tmp_path: Path, **changes: object) -> Path:
    """A copy of a shipped scenario with top-level keys replaced."""
    values = yaml.safe_load((SCENARIO_FOLDER / "no-culprit.yaml").read_text("utf-8"))
    values["company_file"] = str(SCENARIO_FOLDER / values["company_file"])
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump({**values, **changes}), "utf-8")
    return path


def deploy(version: str, previous: str, at: str) -> dict[str, str]:
    """A deploy of cart-api."""
    return {
        "service": "cart-api",
        "version": version,
        "previous": previous,
        "at": at,
        "description": "x",
        "author": "x",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"effects": [{"service": "nobody", "signal": "latency", "from": "0s", "value": 1}]},
            "nobody",
        ),
        (
            {"effects": [{"service": "cart-api", "signal": "mood", "from": "0s"}]},
            "effects\\[0\\].signal",
        ),
        (
            {"effects": [{"service": "cart-api", "signal": "latency", "from": "0s"}]},
            "value or factor",
        ),
        ({"effects": [{"service": "cart-api", "signal": "latency", "from": "soon"}]}, "-4m30s"),
        ({"page": {"title": "x", "service": "nobody"}}, "page.service"),
        ({"surprise": 1}, "surprise: unknown key"),
        ({"seed": "seven"}, "seed: must be a number"),
        ({"people": {"Jules Demo": {"email": "jules@company.org"}}}, "example.com"),
        ({"services": {"cart-store": {"calls": {"cart-api": 1}}}}, "circle"),
        (
            {"deploys": [deploy("v1", "v0", "-2h"), deploy("v3", "v2", "-1h")]},
            "previous must be v1",
        ),
        ({"collectors": {"node-7": {"services": ["cart-api"]}}}, "nobody carries"),
    ],
)
def test_a_mistake_names_file_and_place(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    """A scenario is data: whoever edits it must not need the code."""
    with pytest.raises(ScenarioError, match=rf"broken\.yaml.*{said}"):
        load_scenario(broken(tmp_path, **changes))


def test_an_unknown_scenario_lists_the_known_ones() -> None:
    """The message is the cure."""
    with pytest.raises(ScenarioError, match="connection-pool, memory-limit, no-culprit"):
        load_scenario("flood")


def test_totals_never_fall_and_match_their_rates() -> None:
    """The integral of a rate grows by rate times time, through ramps too."""
    signals = Signals(load_scenario("memory-limit"))
    total = signals.requests("checkout-api", "500")
    points = [total.upto(-1000.0 + 5.0 * step) for step in range(400)]
    grid = list(total.grid(-1000.0, 5.0, 400))
    rate = signals.of("checkout-api").received.at(-60.0) * 0.092
    assert points == sorted(points)
    assert grid == pytest.approx(points)
    assert total.upto(-10.0) - total.upto(-70.0) == pytest.approx(60 * rate)


def test_a_line_stands_where_its_total_is_reached() -> None:
    """when() is the inverse of upto()."""
    total = Signals(load_scenario("memory-limit")).log_lines("auth-api", "error")
    for x in (-20000.0, -700.0, -640.5, -630.0, 5.0):
        assert total.when(total.upto(x)) == pytest.approx(x, abs=1e-4)
