"""Reads scenarios/*.yaml into a Scenario; every mistake is told with the file and the key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from opsbot.sandbox.scenario import (
    DEPLOY_STATES,
    SIGNALS,
    SLACK_KINDS,
    AlertRule,
    Collector,
    ConfigChange,
    Dependency,
    Deploy,
    DeployState,
    DeployStatus,
    Effect,
    LogTemplate,
    Page,
    Person,
    Scenario,
    ScenarioError,
    Service,
    Signal,
    SlackKind,
    Team,
)
from opsbot.sandbox.scenario_rules import check_scenario

SCENARIO_FOLDER = Path(__file__).parent / "scenarios"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Libyaml's where it is built in: ten times as fast, and just as safe."""

_OFFSET = re.compile(r"^(?P<sign>[+-]?)(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?$")
_Item = TypeVar("_Item")
_DEFAULT_STATUSES: list[dict[str, Any]] = [
    {"state": "queued", "after": "0s"},
    {"state": "in_progress", "after": "5s"},
    {"state": "success", "after": "80s"},
]


def scenario_names() -> tuple[str, ...]:
    """Give the names of the scenarios that come with the sandbox."""
    return tuple(sorted(path.stem for path in SCENARIO_FOLDER.glob("*.yaml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read a scenario by name or by path; raises ScenarioError saying what to correct."""
    path = Path(name_or_path)
    if path.suffix != ".yaml":
        path = SCENARIO_FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(scenario_names())
        raise ScenarioError(f"no scenario file {path}: choose one of {known}, or give a .yaml path")
    section = _Section(path.name, "", _with_company(path))
    scenario = _scenario(section)
    section.done()
    check_scenario(scenario, path.name)
    return scenario


def seconds(text: str) -> float:
    """Read an offset such as -4m30s, +1m or 0s; raises ValueError for anything else."""
    match = _OFFSET.match(text)
    if match is None or not any(match.group(unit) for unit in "hms"):
        raise ValueError(f"{text!r} is not an offset: write it like -4m30s, +1m or 0s")
    hours, minutes, rest = (int(match.group(unit) or 0) for unit in "hms")
    total = float(hours * 3600 + minutes * 60 + rest)
    return -total if match.group("sign") == "-" else total


class _Section:
    """A mapping being read: gives typed values, remembers what was read, refuses the rest."""

    def __init__(self, file: str, path: str, values: Mapping[str, Any]) -> None:
        self._file = file
        self._path = path
        self._values = values
        self._read: set[str] = set()

    def error(self, key: str, cure: str) -> ScenarioError:
        return ScenarioError(f"{self._file}: {self._path}{key}: {cure}")

    def done(self) -> None:
        unknown = sorted(set(self._values) - self._read)
        if unknown:
            raise self.error(
                unknown[0], f"unknown key; known here: {', '.join(sorted(self._read))}"
            )

    def has(self, key: str) -> bool:
        self._read.add(key)
        return self._values.get(key) is not None

    def raw(self, key: str, default: Any = None) -> Any:
        self._read.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "missing; add it")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"must be text, got {value!r}; quote it")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self.raw(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"must be a number, got {value!r}")
        return float(value)

    def offset(self, key: str, default: str | None = None) -> float:
        try:
            return seconds(self.text(key, default))
        except ValueError as error:
            raise self.error(key, str(error)) from error

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self.error(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        values = cast("list[Any]", self.raw(key, []))
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "must be a list of texts")
        return tuple(cast("list[str]", values))

    def _inner(self, key: str, value: Any) -> _Section:
        if not isinstance(value, dict):
            raise self.error(key, f"must be a mapping, got {value!r}")
        return _Section(self._file, f"{self._path}{key}.", cast("dict[str, Any]", value))

    def section(self, key: str) -> _Section:
        return self._inner(key, self.raw(key))

    def named(self, key: str) -> Iterator[tuple[str, _Section]]:
        for name, value in self._pairs(key):
            yield name, self._inner(f"{key}.{name}", value)

    def _pairs(self, key: str) -> list[tuple[str, Any]]:
        values = self.raw(key, {})
        if not isinstance(values, dict):
            raise self.error(key, "must be a mapping of names")
        return list(cast("dict[str, Any]", values).items())

    def shares(self, key: str) -> dict[str, float]:
        inner = self._inner(key, self.raw(key, {}))
        return {name: inner.number(name) for name, _ in self._pairs(key)}

    def pairs(self, key: str) -> dict[str, str]:
        return {name: str(value) for name, value in self._pairs(key)}

    def items(self, key: str, read: Callable[[_Section], _Item]) -> tuple[_Item, ...]:
        values = cast("list[Any]", self.raw(key, []))
        found: list[_Item] = []
        for index, value in enumerate(values):
            inner = self._inner(f"{key}[{index}]", value)
            found.append(read(inner))
            inner.done()
        return tuple(found)


def _with_company(path: Path) -> dict[str, Any]:
    values = _mapping(path)
    company = values.pop("company_file", None)
    if company is None:
        return values
    merged = _mapping(path.parent / str(company))
    for key, value in values.items():
        base = merged.get(key)
        if isinstance(base, dict) and isinstance(value, dict):
            merged[key] = _merged(cast("dict[str, Any]", base), cast("dict[str, Any]", value))
        else:
            merged[key] = value
    return merged


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {name: base[name] for name in base.keys() & over.keys()}
    inner = {
        name: {**cast("dict[str, Any]", value), **cast("dict[str, Any]", over[name])}
        for name, value in both.items()
        if isinstance(value, dict) and isinstance(over[name], dict)
    }
    return {**base, **over, **inner}


def _mapping(path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error}); correct the path") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path.name}: is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ScenarioError(f"{path.name}: must be a mapping at the top")
    return cast("dict[str, Any]", values)


def _scenario(top: _Section) -> Scenario:
    organisation = top.text("organisation")
    environment = top.text("environment", "production")
    return Scenario(
        name=top.text("name"),
        company=top.text("company"),
        organisation=organisation,
        environment=environment,
        seed=int(top.number("seed", 1)),
        story=top.text("story"),
        culprit=top.text("culprit") if top.has("culprit") else None,
        services=tuple(_service(name, one, organisation) for name, one in top.named("services")),
        teams=tuple(_team(name, one) for name, one in top.named("teams")),
        people=tuple(_person(name, one) for name, one in top.named("people")),
        deploys=top.items("deploys", lambda one: _deploy(one, environment)),
        effects=top.items("effects", _effect),
        log_templates=top.items("log_lines", _log_template),
        collectors=tuple(_collector(node, one) for node, one in top.named("collectors")),
        alert_rules=top.items("alert_rules", _alert_rule),
        page=_page(top.section("page")),
    )


def _service(name: str, one: _Section, organisation: str) -> Service:
    service = Service(
        name=name,
        team=one.text("team"),
        pagerduty_id=one.text("pagerduty_id"),
        repository=one.text("repository", f"{organisation}/{name}"),
        rate=one.number("rate"),
        error_share=one.number("error_share", 0.001),
        latency_ms=one.number("latency_ms", 20.0),
        pods=int(one.number("pods", 2)),
        memory_limit_mib=one.number("memory_limit_mib", 512.0),
        memory_usage_mib=one.number("memory_usage_mib", 260.0),
        log_rate=one.number("log_rate", 0.2),
        dependencies=tuple(
            Dependency(service=callee, share=share) for callee, share in one.shares("calls").items()
        ),
    )
    one.done()
    return service


def _team(name: str, one: _Section) -> Team:
    levels = cast("list[list[str]]", one.raw("on_call"))
    team = Team(
        name=name,
        pagerduty_id=one.text("pagerduty_id"),
        policy_id=one.text("policy_id"),
        schedule_id=one.text("schedule_id"),
        levels=tuple(tuple(level) for level in levels),
    )
    one.done()
    return team


def _person(name: str, one: _Section) -> Person:
    person = Person(
        name=name,
        email=one.text("email"),
        slack=cast("SlackKind", one.choice("slack", SLACK_KINDS, "member")),
        pagerduty_id=one.text("pagerduty_id"),
        title=one.text("title", "Software Engineer"),
    )
    one.done()
    return person


def _deploy(one: _Section, environment: str) -> Deploy:
    if not one.has("statuses"):
        statuses = tuple(
            DeployStatus(state=state["state"], after=seconds(state["after"]))
            for state in _DEFAULT_STATUSES
        )
    else:
        statuses = one.items("statuses", _deploy_status)
    return Deploy(
        service=one.text("service"),
        version=one.text("version"),
        previous=one.text("previous"),
        at=one.offset("at"),
        description=one.text("description"),
        author=one.text("author"),
        environment=one.text("environment", environment),
        statuses=statuses,
        config_changes=one.items("config_changes", _config_change),
        change_event=bool(one.raw("change_event", True)),
    )


def _deploy_status(one: _Section) -> DeployStatus:
    state = cast("DeployState", one.choice("state", DEPLOY_STATES))
    return DeployStatus(state=state, after=one.offset("after"))


def _config_change(one: _Section) -> ConfigChange:
    return ConfigChange(
        file=one.text("file"),
        key=one.text("key"),
        before=str(one.raw("before")),
        after=str(one.raw("after")),
    )


def _effect(one: _Section) -> Effect:
    return Effect(
        service=one.text("service"),
        signal=cast("Signal", one.choice("signal", SIGNALS)),
        start=one.offset("from"),
        end=one.offset("to") if one.has("to") else None,
        value=one.number("value") if one.has("value") else None,
        factor=one.number("factor") if one.has("factor") else None,
        ramp=one.offset("ramp", "0s"),
        settle=one.offset("settle") if one.has("settle") else None,
        reason=one.text("reason", ""),
    )


def _log_template(one: _Section) -> LogTemplate:
    level = one.choice("level", ("info", "warn", "error"))
    return LogTemplate(
        service=one.text("service"),
        level="info" if level == "info" else "warn" if level == "warn" else "error",
        text=one.text("text"),
        rate=one.number("rate"),
        start=one.offset("from"),
        end=one.offset("to") if one.has("to") else None,
    )


def _collector(node: str, one: _Section) -> Collector:
    collector = Collector(
        name=one.text("name"),
        node=node,
        services=one.strings("services"),
        died_at=one.offset("died_at") if one.has("died_at") else None,
    )
    one.done()
    return collector


def _alert_rule(one: _Section) -> AlertRule:
    return AlertRule(
        name=one.text("name"),
        expr=one.text("expr"),
        hold=one.offset("for", "0s"),
        severity=one.text("severity", "page"),
        summary=one.text("summary"),
    )


def _page(one: _Section) -> Page:
    page = Page(
        title=one.text("title"),
        service=one.text("service"),
        urgency="high" if one.choice("urgency", ("high", "low"), "high") == "high" else "low",
        priority=one.text("priority") if one.has("priority") else None,
        assignees=one.strings("assignees"),
        severity=one.choice("severity", ("critical", "error", "warning", "info"), "critical"),
        details=one.pairs("details"),
        links=tuple((text, href) for text, href in one.pairs("links").items()),
    )
    one.done()
    return page
