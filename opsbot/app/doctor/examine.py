"""Runs every check at once, each within its own deadline, and tells findings as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from opsbot.app.doctor import (
    acting,
    approving,
    channels,
    clocks,
    doors,
    evidence,
    pagerduty,
    people,
    publishing,
    runbooks,
    slack,
    store,
)
from opsbot.app.doctor.finding import Finding, bad, skipped
from opsbot.app.doctor.means import Means
from opsbot.core.scrub import Scrubber

log = logging.getLogger(__name__)
WITHIN = 20.0  # seconds a check may take, unless it says otherwise
_ENDING = 2.0  # seconds that a check which was given up may take to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question to the real systems; `within` is its deadline in seconds."""

    name: str
    ask: Callable[[Means], Awaitable[Finding]]
    within: float = WITHIN


def plan(means: Means) -> tuple[Check, ...]:
    """Every check that these settings call for, in the order in which people read them."""
    return tuple(_checks(means))


def _checks(means: Means) -> Iterator[Check]:
    yield Check(name="opsbot.settings", ask=doors.settings)
    yield Check(name="opsbot.running", ask=doors.running)
    yield Check(name="slack.token", ask=slack.token)
    yield Check(name="slack.socket", ask=slack.socket)
    yield Check(name="slack.scopes", ask=slack.scopes)
    yield Check(name="slack.rooms", ask=slack.rooms)
    for use in channels.uses(means.settings):
        yield Check(name=f"slack.{use.name}", ask=use.ask)
    yield Check(name="slack.address", ask=doors.address)
    yield Check(name="slack.button", ask=doors.button)
    yield Check(name="pagerduty.key", ask=pagerduty.key)
    yield Check(name="pagerduty.user", ask=pagerduty.user)
    yield Check(name="pagerduty.webhook", ask=pagerduty.webhook)
    yield Check(name="clock.slack", ask=clocks.against_slack)
    yield Check(name="clock.pagerduty", ask=clocks.against_pagerduty)
    yield Check(name="store.database", ask=store.database)
    yield Check(name="store.inbox", ask=store.inbox)
    yield Check(name="store.disk", ask=store.disk)
    yield Check(name="store.lock", ask=store.lock)
    for source in means.sources:
        look = evidence.Look(source)
        # A source keeps its own deadline; what it says then is worth more than "too late".
        yield Check(name=f"evidence.{source.name}", ask=look.ask, within=75.0)
    yield Check(name="people.on_call", ask=people.on_call, within=90.0)
    yield from _acting(means)
    yield from _publishing(means)


def _acting(means: Means) -> Iterator[Check]:
    """Everything between a person's yes and the step that mends it."""
    yield Check(name="runbooks.files", ask=runbooks.files)
    yield Check(name="runbooks.executors", ask=runbooks.runnable)
    yield Check(name="runbooks.gauges", ask=runbooks.gauges, within=60.0)
    yield Check(name="policy.approvers", ask=approving.approvers, within=60.0)
    for look in acting.looks(means):
        # Each namespace and each address is asked; those that are away answer late.
        yield Check(name=look.name, ask=look.ask, within=60.0)


def _publishing(means: Means) -> Iterator[Check]:
    """Everything a postmortem needs to be written and read."""
    yield Check(name="postmortem.templates", ask=publishing.templates)
    for look in publishing.looks(means):
        yield Check(name=look.name, ask=look.ask)
    yield Check(name="publisher.slack", ask=publishing.in_slack)


async def examine(means: Means, checks: Sequence[Check] | None = None) -> AsyncIterator[Finding]:
    """Ask everything at once, or only `checks`, and yield each finding when it is there.

    Never raises. Leaving early ends what is still being asked.
    """
    scrubber = Scrubber(known=means.settings.known_secrets())
    chosen = plan(means) if checks is None else checks
    asking = {asyncio.create_task(_answered(check, means)) for check in chosen}
    try:
        while asking:
            done, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield _without_secrets(task.result(), scrubber)
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _answered(check: Check, means: Means) -> Finding:
    asking = asyncio.ensure_future(check.ask(means))
    try:
        # Not wait_for: a database that waits for a lock takes long even to be cancelled.
        await asyncio.wait([asking], timeout=check.within)
        if asking.done():
            return asking.result()
    except Exception as error:
        log.exception("the check %s failed", check.name)
        why = f"the check itself failed ({type(error).__name__})"
        return skipped(check.name, why, "Please report this; OPSBOT_LOG=ERROR shows where")
    finally:
        if not asking.done():
            asking.cancel()
            await asyncio.wait([asking], timeout=_ENDING)
    return bad(
        check.name,
        f"no answer within {check.within:.0f} s",
        "See whether that system is up and reachable from here",
    )


def _without_secrets(finding: Finding, scrubber: Scrubber) -> Finding:
    said, _ = scrubber.clean(finding.said)
    fix, _ = scrubber.clean(finding.fix)
    return replace(finding, said=said, fix=fix)
