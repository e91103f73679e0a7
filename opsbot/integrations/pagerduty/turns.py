"""Whose turn it is to be asked about: first the incidents that are new here, then those whose
listing changed, and of all the others a few at each look."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsbot.core.moment import EPOCH, shifted
from opsbot.integrations.pagerduty.log_lines import (
    Json,
    changed_at,
    is_open,
    moment,
    priority_of,
    stamp_of,
)

ROUND = 5
"""Unchanged incidents asked about at each look: a note leaves no trace in a list."""

_SETTLES = timedelta(minutes=2)  # so long after a change its entries may still be written
_LATE = timedelta(minutes=11)  # and what one look misses later, the next one about it finds
_LATELY = timedelta(days=1)
_MOST_KEPT = 5_000  # incidents remembered beside those that are listed or held
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An incident as a look found it, and since when the next look about it has to tell."""

    stamp: str
    changed: datetime
    since: datetime
    looked: datetime  # when its log was last asked for; 1970 when it never was
    priority: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whose log to ask for and since when, in this order: `news` has to be asked for, `quiet`
    as there is room. `untold` is how incidents stand that nobody has told yet."""

    news: Mapping[str, datetime]
    quiet: Mapping[str, datetime]
    untold: tuple[str, ...] = ()


@dataclass(slots=True)
class Turns:
    """What earlier looks have seen, in memory only. All times are PagerDuty's."""

    left: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _failed: set[str] = field(default_factory=set[str])
    _seen: dict[str, Seen] = field(default_factory=dict[str, Seen])
    _first: bool = True

    def priority(self, alert_id: str) -> str | None:
        """The priority an incident had when it was last seen; None when it never was."""
        was = self._seen.get(alert_id)
        return was.priority if was else None

    def plan(
        self, listed: Mapping[str, Json], told_from: datetime, held: Sequence[str]
    ) -> Plan:  # fmt: skip
        """The turns of a look that is to tell what happened since `told_from`; `held` are the
        alerts of open incidents here. The first look leaves alone what is older than that."""
        ours = dict.fromkeys(one for one in held if one)
        news = {*self.left, *(one for one in listed if self._is_news(one, listed[one], told_from))}
        news |= {one for one in ours if one not in listed and self._was_open(one)}
        changed = {one: changed_at(listed[one]) if one in listed else EPOCH for one in news}
        order = sorted(news, key=lambda one: (one in self._failed, one in ours, changed[one]))
        rest = [one for one in ours if one not in news]
        settling = [one for one in listed if one not in news and self._settles(one)]
        turns = sorted(rest, key=lambda one: self._looked(one))[:ROUND]
        return Plan(
            news={one: self._since(one, listed.get(one), told_from) for one in order},
            quiet={one: self._quiet_since(one, told_from) for one in (*settling, *turns)},
            untold=tuple(one for one in rest if self._first and one in listed),
        )

    def _is_news(self, alert_id: str, incident: Json, told_from: datetime) -> bool:
        was = self._seen.get(alert_id)
        if was is not None:
            return was.stamp != stamp_of(incident)
        # What appears between two looks is news whatever its times say: clocks differ.
        return not self._first or changed_at(incident) >= told_from

    def _was_open(self, alert_id: str) -> bool:
        was = self._seen.get(alert_id)
        return was is not None and was.open

    def _looked(self, alert_id: str) -> datetime:
        was = self._seen.get(alert_id)
        return was.looked if was else EPOCH

    def _settles(self, alert_id: str) -> bool:
        was = self._seen.get(alert_id)
        return was is not None and EPOCH < was.looked < shifted(was.changed, _SETTLES)

    def _since(self, alert_id: str, incident: Json | None, told_from: datetime) -> datetime:
        """Since when to tell of news. Times of PagerDuty's own, where there are some, also bring
        to light what a wrong clock of ours would leave out."""
        times = [told_from]
        if alert_id in self.left:
            times.append(self.left[alert_id])
        was = self._seen.get(alert_id)
        if was is not None:
            times += [was.since, was.changed + _TICK] if was.changed > EPOCH else [was.since]
        elif incident is not None and is_open(incident) and not self._first:
            opened = moment(incident, "reopened_at") or moment(incident, "created_at")
            lately = opened is not None and opened >= shifted(told_from, -_LATELY)
            times.append(opened if opened is not None and lately else changed_at(incident))
        return min(at for at in times if at > EPOCH)

    def _quiet_since(self, alert_id: str, told_from: datetime) -> datetime:
        was = self._seen.get(alert_id)
        return min(told_from, was.since) if was else told_from

    def keep(
        self,
        plan: Plan,
        listed: Mapping[str, Json],
        looked_at: Mapping[str, Json],
        *,
        failed: Collection[str],
        gone: Collection[str],
        told_from: datetime,
        now: datetime,
    ) -> None:
        """Remember a look that began `now`: what it found, what it has to leave for the next one
        (`failed`, and what there was no room for), and what there is no more to ask about."""
        done = {*looked_at, *gone}
        self.left = {one: since for one, since in plan.news.items() if one not in done}
        self._failed = {one for one in failed if one in self.left}
        for one in done:
            found = looked_at.get(one, {})
            since = shifted(now, -_LATE)
            self._see(one, listed.get(one, found), found, since=since, looked=now)
        for one, incident in listed.items():
            if one not in self._seen and one not in plan.news:
                self._see(one, incident, incident, since=told_from, looked=EPOCH)
        self._first = False

    def _see(
        self, alert_id: str, listed: Json, found: Json, *, since: datetime, looked: datetime
    ) -> None:  # fmt: skip
        self._seen.pop(alert_id, None)  # so that the last seen are the last ones
        self._seen[alert_id] = Seen(
            stamp=stamp_of(listed), changed=changed_at(listed), since=since, looked=looked,
            priority=priority_of(found), open=is_open(found),
        )  # fmt: skip

    def forget(self, listed: Collection[str], held: Sequence[str]) -> None:
        """Keep what is listed or held here, and of the others the last seen."""
        needed = {*listed, *held}
        others = [one for one in self._seen if one not in needed]
        for one in others[: max(len(others) - _MOST_KEPT, 0)]:
            del self._seen[one]
