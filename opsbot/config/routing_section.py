"""The sections that decide: `routing:` and `maintenance:`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opsbot.config.scalar import ChannelId, Days, Duration, HoursOfDay, Texts
from opsbot.config.section import Section
from opsbot.core.entry import Placement
from opsbot.core.routing import Rule


class When(Section):
    """Conditions that must all hold; without any, the rule takes every page."""

    urgency: Literal["", "high", "low"] = Field(
        default="", description="The page's urgency: high or low."
    )
    priority: Texts = Field(default=(), description="One of these priority names, such as P1.")
    service: Texts = Field(default=(), description="One of these catalogue services.")
    team: Texts = Field(
        default=(), description="One of these teams: the pager's team, or the service's owner."
    )
    known_service: bool | None = Field(
        default=None, description="Whether the service has to be in the catalogue."
    )
    hours: HoursOfDay | None = Field(
        default=None, description="A stretch of the day in `timezone`, such as 09:00-18:00."
    )
    days: Days = Field(default=(), description="Weekdays in `timezone`, such as mon-fri.")
    still_open_after: Duration | None = Field(
        default=None, description="How long the alert has to be open; until then later rules hold."
    )


class RoutingRule(Section):
    """One row of `routing:`; the first row whose conditions hold decides."""

    name: str = Field(
        min_length=1, max_length=80, description="What the record calls this rule as the reason."
    )
    when: When = Field(default=When(), description="Conditions that must all hold.")
    then: Placement = Field(description="Where the page goes: room, thread, digest or ignore.")
    channel: ChannelId = Field(
        default="",
        description="Channel id for threads (default: the service's own channel).",
    )

    def rule(self) -> Rule:
        """The rule as routing knows it."""
        return Rule(
            name=self.name,
            then=self.then,
            channel=self.channel,
            urgency=self.when.urgency,
            priorities=self.when.priority,
            services=self.when.service,
            teams=self.when.team,
            known_service=self.when.known_service,
            hours=self.when.hours,
            days=self.when.days,
            still_open_after=self.when.still_open_after,
        )


class MaintenanceWindow(Section):
    """Announced work: pages of these services in this time attach to it and open nothing."""

    name: str = Field(min_length=1, max_length=80, description="What the work is called.")
    services: Texts = Field(min_length=1, description="Catalogue services the work touches.")
    start: str = Field(description="Local time in `timezone`, such as 2026-11-28 22:00.")
    end: str = Field(description="End of the work; it may also carry an offset or Z.")
