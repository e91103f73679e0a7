"""Routing: which page deserves a room. First matching rule wins; every answer has its reason.

A rule that asks for "still open after N seconds" does not match yet while the alert is younger;
the rules below it decide for now, and the route says when to look again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from opsbot.core.decision import Route
from opsbot.core.entry import Placement
from opsbot.core.hours import WEEKDAYS, Hours
from opsbot.core.moment import lasting, shifted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of `routing:`; an empty condition matches everything."""

    name: str
    then: Placement
    channel: str = ""  # for threads; empty: the owning team's channel of the service
    urgency: str = ""
    priorities: tuple[str, ...] = ()
    services: tuple[str, ...] = ()  # catalogue names
    teams: tuple[str, ...] = ()  # pager team names, or the catalogue's owner
    known_service: bool | None = None
    hours: Hours | None = None
    days: tuple[str, ...] = ()
    still_open_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What routing looks at."""

    urgency: str
    priority: str
    service: str  # catalogue name, empty when nobody knows the service
    service_name: str  # as the source calls it
    team_channel: str
    teams: tuple[str, ...]
    triggered_at: datetime
    open: bool = True


DEFAULT_RULES = (
    Rule(name="unknown service", known_service=False, then=Placement.DIGEST),
    Rule(name="high urgency", urgency="high", then=Placement.ROOM),
    Rule(name="everything else", then=Placement.DIGEST),
)


def route(page: Page, rules: tuple[Rule, ...], now: datetime, zone: str = "UTC") -> Route:
    """Decide where `page` belongs at `now`; with no matching rule it goes to the digest."""
    again_at: datetime | None = None
    for rule in rules:
        why = _matches(rule, page, now, zone)
        if why is None:
            continue
        due_at = shifted(page.triggered_at, rule.still_open_after or timedelta(0))
        if rule.still_open_after and now < due_at:
            again_at = min(again_at, due_at) if again_at else due_at
            continue
        return _routed(rule, page, why, again_at)
    reason = "no routing rule matches, so the page is shown in the digest"
    return Route(placement=Placement.DIGEST, rule="(none)", reason=reason, again_at=again_at)


def _routed(rule: Rule, page: Page, why: str, again_at: datetime | None) -> Route:
    placement, channel = rule.then, ""
    if placement is Placement.THREAD:
        channel = rule.channel or page.team_channel
        if not channel:
            placement = Placement.DIGEST
            why += "; its team has no channel in the catalogue, so the digest takes it"
    return Route(
        placement=placement, rule=rule.name, reason=why, channel=channel, again_at=again_at
    )


def _matches(rule: Rule, page: Page, now: datetime, zone: str) -> str | None:
    """The conditions met, in words; None when one of them is not."""
    met: list[str] = []
    local = now.astimezone(ZoneInfo(zone)) if rule.hours or rule.days else now
    checks = (
        (rule.urgency, page.urgency == rule.urgency, f"urgency is {page.urgency}"),
        (rule.priorities, page.priority in rule.priorities, f"priority is {page.priority}"),
        (rule.services, page.service in rule.services, f"service is {page.service}"),
        (rule.teams, _shared(rule.teams, page.teams), f"team is {', '.join(page.teams)}"),
        (
            rule.known_service is not None,
            bool(page.service) is rule.known_service,
            "the service is in the catalogue"
            if page.service
            else f"no catalogue entry for the service {page.service_name or '(unnamed)'}",
        ),
        (rule.hours, rule.hours and rule.hours.contain(local.time()), f"{local:%H:%M} {zone}"),
        (rule.days, WEEKDAYS[local.weekday()] in rule.days, f"it is {local:%A}"),
    )
    for asked, holds, words in checks:
        if asked and not holds:
            return None
        if asked:
            met.append(words)
    if rule.still_open_after:
        if not page.open:
            return None
        met.append(f"still open after {lasting(rule.still_open_after)}")
    return ", ".join(met) or "the rule has no conditions"


def _shared(wanted: tuple[str, ...], has: tuple[str, ...]) -> bool:
    return not {w.lower() for w in wanted}.isdisjoint(h.lower() for h in has)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """Announced work: pages of these services inside the window attach to it and open nothing."""

    name: str
    services: tuple[str, ...]
    start: datetime
    end: datetime

    @property
    def origin_id(self) -> str:
        return f"maintenance:{self.name}:{self.start:%Y%m%dT%H%M%SZ}"


def maintenance_of(
    page: Page, windows: tuple[Maintenance, ...], now: datetime
) -> Maintenance | None:
    """The maintenance window that covers this page, if one does."""
    for window in windows:
        if page.service in window.services and window.start <= now < window.end:
            return window
    return None
