"""What happens at the sandbox PagerDuty around an outage of opsbot: stories of one incident each.

The sandbox's clock runs behind the machine's, and is wound on from act to act: two hours of
incidents take a second, and end now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from opsbot.sandbox.clock import SystemClock
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario import Person

OUTAGE = timedelta(hours=2)

# Minutes from the beginning of the outage, and what happens then; before it opsbot listens. The
# first six are one of each kind, for a short run.
STORIES = (
    "-20 page, 10 ack, 12 note, 31 note",
    "-18 page, -17 ack, 30 resolve, 60 reopen",
    "5 page, 7 ack, 15 note, 40 resolve, 70 reopen, 71 ack",
    "8 page, 22 clear",
    "14 page, 16 ack, 18 note, 55 resolve",
    "100 page",
    "-15 page, 25 clear",
    "-14 page, -12 ack, 20 priority, 45 resolve",
    "-13 page",
    "-12 page, -10 note, -8 resolve, 35 reopen",
    "18 page",
    "20 page, 21 ack",
    "24 page, 26 ack, 56 unack, 57 note, 60 ack",
    "30 page, 33 reassign, 35 ack, 36 note, 38 note",
    "34 page, 39 clear, 64 reopen, 66 ack",
    "41 page, 43 ack, 50 resolve, 52 reopen, 54 ack, 80 resolve",
    "47 page, 49 priority, 53 escalate, 58 ack, 59 note",
    "62 page, 63 clear, 72 reopen, 75 clear, 90 reopen, 92 clear",
    "85 page, 86 note, 87 note, 88 ack",
    "110 page, 113 ack, 114 note, 118 resolve",
)


class LateClock(SystemClock):
    """The machine's clocks, but the time of day is `behind`, and never goes back."""

    def __init__(self, behind: timedelta) -> None:
        self.behind = behind
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Give the moment, so much earlier."""
        self._last = max(self._last, super().now() - self.behind)
        return self._last


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a story, so many minutes from the beginning of the outage."""

    minute: int
    story: int
    verb: str


def acts_of(stories: Sequence[str]) -> list[Act]:
    """Every act of all stories, in the order of time."""
    found = [
        Act(minute=int(minute), story=number, verb=verb)
        for number, story in enumerate(stories)
        for minute, verb in (one.split() for one in story.split(", "))
    ]
    return sorted(found, key=lambda act: (act.minute, act.story))


class Teller:
    """Plays acts at the pager; `pages` holds the incident of each story that has begun."""

    def __init__(self, pagerduty: PagerDutyServer, clock: LateClock) -> None:
        self._pagerduty, self._clock = pagerduty, clock
        scenario = pagerduty.account.scenario
        self._services = [service.name for service in scenario.services]
        self._people: list[Person] = [p for p in scenario.people if p.slack == "member"]
        self.pages: dict[int, Page] = {}

    async def play(self, act: Act) -> None:
        """Wind the clock to the act's minute, and do it."""
        self._clock.behind = OUTAGE - timedelta(minutes=act.minute)
        self._pagerduty.tick()  # what is due by now comes first
        if act.verb == "page":
            service = self._services[act.story % len(self._services)]
            title = f"{service}: story {act.story + 1}"
            self.pages[act.story] = await self._pagerduty.trigger(service=service, title=title)
            return
        await self._go_on(act, self.pages[act.story])

    async def _go_on(self, act: Act, page: Page) -> None:
        pagerduty, someone = self._pagerduty, self._people[act.story % len(self._people)]
        match act.verb:
            case "ack":
                await pagerduty.acknowledge(page, someone)
            case "unack":
                await pagerduty.unacknowledge(page)
            case "note":
                words = f"story {act.story + 1}, minute {act.minute}: looked again"
                await pagerduty.annotate(page, someone, words)
            case "priority":
                await pagerduty.set_priority(page, "P1", someone)
            case "reassign":
                other = self._people[(act.story + 1) % len(self._people)]
                await pagerduty.reassign(page, [other], someone)
            case "escalate":
                await pagerduty.escalate(page, someone)
            case "resolve":
                await pagerduty.resolve(page, someone)
            case "clear":
                await pagerduty.resolve(page)
            case "reopen":
                await pagerduty.reopen(page)
            case unknown:
                raise LookupError(f"no such act: {unknown}")
