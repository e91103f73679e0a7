"""Rules of the policy that can never decide, because an earlier one takes every run they would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opsbot.config.shadowed_rule import hours_cover, within
from opsbot.core.policy import PolicyRule, Ruling
from opsbot.core.policy_who import implies
from opsbot.core.runbook import Who


def shadowed_policy_rules(rules: Sequence[PolicyRule]) -> Iterator[tuple[int, int]]:
    """Pairs (number of a rule that never decides, number of the earlier rule that takes its
    runs), counted from 0."""
    for number, rule in enumerate(rules):
        for earlier in range(number):
            if covers_policy_rule(rules[earlier], rule):
                yield number, earlier
                break


def covers_policy_rule(earlier: PolicyRule, later: PolicyRule) -> bool:
    """Whether every run that matches `later` matches `earlier` too, at the same moment.

    Careful rather than complete: True is certain, False may also mean that it takes two earlier
    rules together.
    """
    wide, narrow = earlier.when, later.when
    return (
        within(narrow.runbooks, wide.runbooks)
        and within(narrow.risks, wide.risks)
        and within(narrow.severities, wide.severities)
        and within(narrow.services, wide.services)
        and within(_folded(narrow.environments), _folded(wide.environments))
        and _unknown_environment_covered(earlier, later)
        and _requester_covered(wide.requester, narrow.requester)
        and hours_cover(wide.hours, narrow.hours)
        and within(narrow.days, wide.days)
    )


def _folded(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _unknown_environment_covered(earlier: PolicyRule, later: PolicyRule) -> bool:
    """A rule that allows does not hold for a service whose environment nobody knows; one that
    denies or asks does."""
    lenient = earlier.ruling is Ruling.ALLOWED and bool(earlier.when.environments)
    return not lenient or later.ruling is Ruling.ALLOWED


def _requester_covered(wide: Who | None, narrow: Who | None) -> bool:
    if wide is None or wide.everybody:
        return True
    return narrow is not None and implies(narrow, wide)
