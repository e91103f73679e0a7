"""What a sandbox scenario is: a fictional company, what happened to it, and the page that follows.

All times are seconds relative to the moment of the page; the loader is in scenario_file.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Signal = Literal[
    "error_share", "latency", "memory_usage", "memory_limit", "request_rate", "dropped_calls"
]
SlackKind = Literal["member", "deactivated", "guest", "unmatched"]
DeployState = Literal["queued", "in_progress", "pending", "success", "failure", "error", "inactive"]

SIGNALS: tuple[str, ...] = get_args(Signal)
SLACK_KINDS: tuple[str, ...] = get_args(SlackKind)
DEPLOY_STATES: tuple[str, ...] = get_args(DeployState)


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message names the file, the key and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A service called by another one; `share` is calls per request of the caller."""

    service: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service in quiet hours: what it is, who owns it, how it usually behaves."""

    name: str
    team: str
    pagerduty_id: str
    repository: str
    rate: float
    """Requests per second that callers send, all pods together."""
    error_share: float = 0.001
    latency_ms: float = 20.0
    """Median latency in milliseconds."""
    pods: int = 2
    memory_limit_mib: float = 512.0
    memory_usage_mib: float = 260.0
    log_rate: float = 0.2
    """Information lines per second, all pods together, at the usual request rate."""
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody PagerDuty can page; `slack` says what Slack knows of the e-mail address."""

    name: str
    email: str
    slack: SlackKind = "member"
    pagerduty_id: str
    title: str = "Software Engineer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team: owner of services, with one escalation policy of levels of people's names."""

    name: str
    pagerduty_id: str
    policy_id: str
    schedule_id: str
    levels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """One configuration value a deploy changed."""

    file: str
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployStatus:
    """One step of a deploy; `after` is seconds since the deploy was created."""

    state: DeployState
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """A version of a service going live."""

    service: str
    version: str
    previous: str
    at: float
    description: str
    author: str
    environment: str
    statuses: tuple[DeployStatus, ...]
    config_changes: tuple[ConfigChange, ...] = ()
    change_event: bool = True
    """Whether the pipeline also told PagerDuty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """From `start` on, `signal` of `service` goes to a value (or a factor of its usual one).

    It gets there within `ramp` seconds and returns at `end`, when there is one, within `settle`
    seconds; as slowly as it came, unless said.
    """

    service: str
    signal: Signal
    start: float
    end: float | None = None
    value: float | None = None
    factor: float | None = None
    ramp: float = 0.0
    settle: float | None = None
    reason: str = ""
    """What the service's own failures say meanwhile, in its log and in its spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTemplate:
    """Lines a service writes besides its request log, `rate` lines per second."""

    service: str
    level: Literal["info", "warn", "error"]
    text: str
    rate: float
    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A log collector on a node and the services whose lines pass through it."""

    name: str
    node: str
    services: tuple[str, ...]
    died_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """An alerting rule of the sandbox Prometheus; `hold` is its `for:` in seconds."""

    name: str
    expr: str
    hold: float
    severity: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What PagerDuty is told: the incident of the scenario."""

    title: str
    service: str
    urgency: Literal["high", "low"] = "high"
    priority: str | None = None
    assignees: tuple[str, ...] = ()
    severity: str = "critical"
    details: dict[str, str] = field(default_factory=dict[str, str])
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a sandbox world is built from."""

    name: str
    company: str
    organisation: str
    """Owner of the repositories on the sandbox GitHub."""
    environment: str
    seed: int
    story: str
    culprit: str | None
    services: tuple[Service, ...]
    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    deploys: tuple[Deploy, ...]
    effects: tuple[Effect, ...]
    log_templates: tuple[LogTemplate, ...]
    collectors: tuple[Collector, ...]
    alert_rules: tuple[AlertRule, ...]
    page: Page

    def service(self, name: str) -> Service:
        """Give the service of that name; raises KeyError when there is none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def team(self, name: str) -> Team:
        """Give the team of that name; raises KeyError when there is none."""
        for team in self.teams:
            if team.name == name:
                return team
        raise KeyError(name)

    def person(self, name: str) -> Person:
        """Give the person of that name; raises KeyError when there is none."""
        for person in self.people:
            if person.name == name:
                return person
        raise KeyError(name)

    def collector_of(self, service: str) -> Collector | None:
        """Give the collector that carries the service's lines, if any does."""
        for collector in self.collectors:
            if service in collector.services:
                return collector
        return None

    def callers_of(self, service: str) -> tuple[str, ...]:
        """Give the names of the services that call this one."""
        return tuple(
            caller.name
            for caller in self.services
            if any(dependency.service == service for dependency in caller.dependencies)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A service as a team would write it into opsbot.yaml."""

    name: str
    owner: str
    team: str
    pagerduty_id: str
    repository: str
    dependencies: tuple[str, ...]
    environment: str


def catalogue(scenario: Scenario) -> tuple[CatalogueEntry, ...]:
    """Give the scenario's services as plain data for a service catalogue."""
    return tuple(
        CatalogueEntry(
            name=service.name,
            owner=scenario.team(service.team).levels[0][0],
            team=service.team,
            pagerduty_id=service.pagerduty_id,
            repository=service.repository,
            dependencies=tuple(dependency.service for dependency in service.dependencies),
            environment=scenario.environment,
        )
        for service in scenario.services
    )
