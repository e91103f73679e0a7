"""The conditions of a policy's rules, limits and freezes: which hold for an attempt, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from opsbot.core.hours import WEEKDAYS
from opsbot.core.policy import Attempt, When
from opsbot.core.policy_who import asks_as, who_can
from opsbot.core.text import inert
from opsbot.core.wall_clock import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Whether a condition holds, and what is so: `environment is production`."""

    holds: bool
    said: str


def conditions(
    when: When, attempt: Attempt, now: datetime, zone: str, *, strict: bool
) -> tuple[Met, ...]:
    """Every condition that is written, with whether it holds at `now` in `zone`.

    An environment that the catalogue does not tell is nobody's guess: `strict` says that the
    condition holds then, because what it guards asks for more rather than for less. So it does for
    a guest of whom nothing but the rule's own words speaks.
    """
    return (
        *_of_the_run(when, attempt, strict),
        *_of_who_asks(when, attempt, strict),
        *_of_the_moment(when, now, zone),
    )


def _of_the_run(when: When, attempt: Attempt, strict: bool) -> Iterator[Met]:
    rows = (
        ("the runbook", when.runbooks, attempt.runbook),
        ("its risk", when.risks, attempt.risk),
        ("the severity", when.severities, attempt.severity),
        ("the service", when.services, attempt.service),
    )
    for name, wanted, given in rows:
        if wanted:
            yield _one_of(name, given, tuple(str(word) for word in wanted))
    if when.environments and not attempt.environment:
        yield Met(holds=strict, said="its environment is not known")
    elif when.environments:
        wanted = tuple(word.casefold() for word in when.environments)
        yield _one_of("its environment", attempt.environment.casefold(), wanted)


def _one_of(name: str, given: str, wanted: tuple[str, ...]) -> Met:
    shown = inert(given, 80) or "none"
    if given in wanted:
        return Met(holds=True, said=f"{name} is {shown}")
    return Met(holds=False, said=f"{name} is {shown}, not {' or '.join(wanted)}")


def _of_who_asks(when: When, attempt: Attempt, strict: bool) -> Iterator[Met]:
    if when.requester is not None:
        why = asks_as(when.requester, attempt, strict=strict)
        guest = "" if attempt.full_member else "a guest, and "
        others = f"who asks is {guest}not {who_can(when.requester, attempt.service)}"
        yield Met(holds=bool(why), said=f"who asks is {why}" if why else others)


def _of_the_moment(when: When, now: datetime, zone: str) -> Iterator[Met]:
    local = local_time(now, zone)
    if when.hours is not None:
        held = when.hours.contain(local.time())
        stretch = f"{when.hours.start:%H:%M}-{when.hours.end:%H:%M}"
        not_in = "" if held else f", not within {stretch}"
        yield Met(holds=held, said=f"it is {local:%H:%M} {zone}{not_in}")
    if when.days:
        held = WEEKDAYS[local.weekday()] in when.days
        not_on = "" if held else f", not {' or '.join(when.days)}"
        yield Met(holds=held, said=f"it is {local:%A}{not_on}")


def local_time(at: datetime, zone: str) -> datetime:
    """`at` on the clocks of `zone`; of UTC when this machine does not know the zone."""
    known = zone_named(zone)
    try:
        return at.astimezone(known or UTC)
    except OverflowError:  # the first or last day of the calendar
        return at


def until_text(at: datetime, now: datetime, zone: str) -> str:
    """A moment to come as people say it: `14:32 UTC`, `2 January 08:00 Europe/Berlin`."""
    then, here = local_time(at, zone), local_time(now, zone)
    clock = f"{then:%H:%M} {zone}"
    if then.date() == here.date():
        return clock
    far = abs(at - now).days > 300
    return f"{then.day} {then:%B}{f' {then.year}' if far else ''} {clock}"
