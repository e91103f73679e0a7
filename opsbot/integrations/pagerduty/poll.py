"""What happened at PagerDuty, asked for over REST: for a life without webhooks, and to find what
webhooks have missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsbot.core.moment import shifted
from opsbot.core.text import count, inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._look_up import in_time
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.incidents import Incidents
from opsbot.integrations.pagerduty.log_lines import (
    Json,
    Line,
    changed_at,
    lines_of,
    newest_entry,
)
from opsbot.integrations.pagerduty.outcomes import gravest, in_words, refused
from opsbot.integrations.pagerduty.polled import delivery_of
from opsbot.integrations.pagerduty.subscriptions import list_subscriptions, problem_of
from opsbot.integrations.pagerduty.turns import Turns
from opsbot.ports import Clock, Delivery, Done, Outcome

MOST_ALERTS = 60
"""Incidents whose log and notes one look asks for: two calls each, of 960 a minute."""

_AT_ONCE = 6
_LOOK_SECONDS = 45.0
_OVERLAP = timedelta(minutes=1)  # clocks differ, and entries are written a little late
_CONTEXT = timedelta(minutes=1)  # further back, so that what belongs together is seen together
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class PagerDutyFeed:
    """Asks PagerDuty what happened. What one look cannot do, the next one begins with. What has
    been given is not looked for again, so whoever asks has to keep it."""

    api: PagerDutyApi
    clock: Clock
    deadline: float
    most: int = MOST_ALERTS
    _incidents: Incidents = field(init=False)
    _turns: Turns = field(default_factory=Turns, init=False)

    def __post_init__(self) -> None:
        self._incidents = Incidents(api=self.api, clock=self.clock, deadline=self.deadline)

    @property
    def left(self) -> tuple[str, ...]:
        """Alerts that the last look did not come to. They are kept in memory only: until there
        are none, a restart should look from the time it looked from before."""
        return tuple(self._turns.left)

    async def look(
        self, *, since: datetime, alert_ids: Sequence[str]
    ) -> Outcome[tuple[Delivery, ...]]:
        """A delivery for each line of the logs since then (a minute more, for clocks differ) of
        incidents that are new here or changed, and of a few of `alert_ids` in turn. At most so
        many incidents; `left` has the rest. `since` is a time of our clock.
        """
        began = self.clock.now()
        try:
            listed = await self._incidents.listed(shifted(since, -_OVERLAP))
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        ahead = self.api.ahead
        told_from = shifted(since, -_OVERLAP - ahead)
        plan = self._turns.plan(listed, told_from, alert_ids)
        wanted = {**plan.quiet, **plan.news}
        chosen = [*plan.news, *plan.quiet][: self.most]
        slots = asyncio.Semaphore(_AT_ONCE)
        asked = {one: self._lines(one, wanted[one], listed.get(one), slots) for one in chosen}
        found, errors = await in_time(asked, _LOOK_SECONDS)
        again = {one for one, error in errors.items() if self._passes(one, error)}
        self._turns.keep(
            plan, listed, {one: incident for one, (incident, _) in found.items()},
            failed=again, gone=errors.keys() - again, told_from=told_from,
            now=shifted(began, -ahead),
        )  # fmt: skip
        self._turns.forget(listed.keys(), alert_ids)
        if again and not found:
            return refused(gravest(list(errors.values()), self.deadline), self.deadline)
        if self.left:
            left, did = count(len(self.left), "incident"), len(found)
            _log.warning("pagerduty: looked at %d; %s left for the next look", did, left)
        untold = {
            one: (listed[one], lines_of(listed[one], (), (), since=told_from))
            for one in plan.untold
        }
        return Done(value=self._deliveries({**untold, **found}))

    async def problem(self) -> Outcome[str]:
        """Why webhooks will not come, with the cure; empty when they will."""
        try:
            return Done(value=problem_of(await list_subscriptions(self.api, self.deadline)))
        except LookUpFailed as failed:
            return refused(failed, self.deadline)

    async def _lines(
        self, alert_id: str, told_from: datetime, incident: Json | None, slots: asyncio.Semaphore
    ) -> tuple[Json, list[Line]]:
        """The incident and what happened to it. An incident that is older than its log is asked
        for once more, so that the newest line describes it as it was then."""
        async with slots:
            entries = await self._incidents.log_entries(alert_id, shifted(told_from, -_CONTEXT))
            notes = await self._incidents.notes(alert_id)
            if incident is None or changed_at(incident) < newest_entry(entries):
                incident = await self._incidents.one(alert_id)
        before = self._turns.priority(alert_id)
        lines = lines_of(incident, entries, notes, since=told_from, priority_before=before)
        return incident, lines

    def _passes(self, alert_id: str, error: BaseException) -> bool:
        """Whether to ask again. An incident that is gone, or that our key may not see, is not."""
        if refused(error, self.deadline).retry_after is not None:
            return True
        _log.warning("pagerduty: incident %s left out: %s", inert(alert_id, 60), in_words(error))
        return False

    def _deliveries(self, found: Mapping[str, tuple[Json, list[Line]]]) -> tuple[Delivery, ...]:
        now = self.clock.now()
        lines = [(line, incident) for incident, lines in found.values() for line in lines]
        lines.sort(key=lambda pair: pair[0].at)
        return tuple(delivery_of(line, incident, now) for line, incident in lines)
