"""Routing rules that can never decide, because an earlier rule takes every page they would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time, timedelta

from opsbot.core.hours import Hours
from opsbot.core.routing import Rule

_MINUTES = tuple(time(minute // 60, minute % 60) for minute in range(24 * 60))


def shadowed(rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """Pairs (number of a rule that never decides, number of the earlier rule that takes its
    pages), counted from 0."""
    for number, rule in enumerate(rules):
        for earlier in range(number):
            if covers(rules[earlier], rule):
                yield number, earlier
                break


def covers(earlier: Rule, later: Rule) -> bool:
    """Whether every page that matches `later` matches `earlier` too, at the same moment.

    Careful rather than complete: True is certain, False may also mean that it takes two earlier
    rules together.
    """
    waits = earlier.still_open_after or timedelta(0)
    return (
        earlier.urgency in ("", later.urgency)
        and within(later.priorities, earlier.priorities)
        and within(later.services, earlier.services)
        and within(_lower(later.teams), _lower(earlier.teams))
        and _knowledge_covers(earlier, later)
        and hours_cover(earlier.hours, later.hours)
        and within(later.days, earlier.days)
        and (not waits or waits <= (later.still_open_after or timedelta(0)))
    )


def within(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    """Whether the condition `narrow` implies `wide`; an empty condition holds for everything."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _lower(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _knowledge_covers(earlier: Rule, later: Rule) -> bool:
    if earlier.known_service is None or earlier.known_service is later.known_service:
        return True
    # A rule that names services only ever takes known ones.
    return earlier.known_service and bool(later.services)


def hours_cover(wide: Hours | None, narrow: Hours | None) -> bool:
    """Whether every minute of `narrow` lies in `wide`; None is the whole day."""
    if wide is None:
        return True
    return narrow is not None and all(
        wide.contain(minute) for minute in _MINUTES if narrow.contain(minute)
    )
