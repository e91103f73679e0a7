"""What was said over the wire, newest first: calls to Slack, what opsbot was told, by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.slack.delivery.parcel import Delivery
from opsbot.sandbox.slack.journal import Call
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.world import World

_WAYS = {
    "call": "opsbot calls Slack",
    "delivery": "Slack tells opsbot",
    "webhook": "PagerDuty tells opsbot",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One thing said over the wire; `key` stays the same while the line does."""

    key: str
    at: float
    time: str
    way: str
    what: str
    answer: str
    bad: bool

    @property
    def way_words(self) -> str:
        """Who tells whom."""
        return _WAYS[self.way]


def journal(slack: SlackSandbox, world: World | None, viewer: Viewer) -> Iterator[JournalLine]:
    """Yield everything said, newest first."""
    calls = (_call(call, viewer) for call in reversed(slack.journal.calls))
    said = slack.courier.deliveries
    deliveries = (_delivery(len(said) - n, one, viewer) for n, one in enumerate(reversed(said)))
    webhooks = [] if world is None else list(_webhooks(world, viewer))
    webhooks.sort(key=_at, reverse=True)
    yield from merge(calls, deliveries, webhooks, key=_at, reverse=True)


def _at(line: JournalLine) -> float:
    return line.at


def _call(call: Call, viewer: Viewer) -> JournalLine:
    said = "ok" if call.ok else call.error or "no answer"
    if call.ok is None:
        said = "..."
    elif call.duration is not None:
        said += _milliseconds(call.duration)
    return JournalLine(
        key=f"c{call.seq}",
        at=call.wall,
        time=_clock(viewer, call.wall),
        way="call",
        what=call.method,
        answer=said,
        bad=call.ok is False,
    )


def _delivery(number: int, one: Delivery, viewer: Viewer) -> JournalLine:
    again = f" (retry {one.attempt})" if one.attempt else " (copy)" if one.copy else ""
    said = one.failure or str(one.status)
    return JournalLine(
        key=f"d{number}",
        at=one.at,
        time=_clock(viewer, one.at),
        way="delivery",
        what=f"{one.kind}{again}",
        answer=said + _milliseconds(one.duration),
        bad=bool(one.failure),
    )


def _webhooks(world: World, viewer: Viewer) -> Iterator[JournalLine]:
    for one in world.pagerduty.deliveries:
        for number, attempt in enumerate(one.attempts):
            at = attempt.sent_at.timestamp()
            answered = attempt.answered_at or attempt.first_byte_at
            said = str(attempt.status or attempt.error or "...")
            yield JournalLine(
                key=f"w{one.id}-{number}",
                at=at,
                time=_clock(viewer, at),
                way="webhook",
                what=one.event_type + (f" (retry {number})" if number else ""),
                answer=said + _milliseconds(answered - attempt.first_byte_at),
                bad=attempt.error is not None or (attempt.status or 200) >= 300,
            )


def _clock(viewer: Viewer, at: float) -> str:
    return f"{viewer.moment(at):%H:%M:%S}"


def _milliseconds(seconds: float) -> str:
    return f", {seconds * 1000:.0f} ms" if seconds < 10 else f", {seconds:.0f} s"
