"""A life of events told by webhook and found by asking, in any order, is one life on the record."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core import entry as e
from opsbot.core.event import AlertEvent, Transition
from opsbot.core.people import Actor, ActorKind
from opsbot.flows.intake import LOCK, take
from opsbot.store.memory import MemoryRecord
from tests.core.story import SYSTEM, T0, rules
from tests.fakes.clock import ManualClock
from tests.flows.echo import told

KIM = Actor(kind=ActorKind.PERSON, id="pagerduty:PKIM", name="Kim")
ROBIN = Actor(kind=ActorKind.PERSON, id="pagerduty:PROBIN", name="Robin")
TRIGGERED, ACKED, UNACKED = (
    Transition.TRIGGERED, Transition.ACKNOWLEDGED, Transition.UNACKNOWLEDGED,
)  # fmt: skip
RESOLVED, REOPENED = Transition.RESOLVED, Transition.REOPENED
NEXT = {
    TRIGGERED: (ACKED, RESOLVED), ACKED: (UNACKED, RESOLVED), UNACKED: (ACKED, RESOLVED),
    RESOLVED: (REOPENED,), REOPENED: (ACKED, RESOLVED),
}  # fmt: skip
Happened = tuple[Transition, datetime, Actor]
Line = tuple[Transition, int, str]  # what, in which second, by whom


@st.composite
def lives(draw: st.DrawFn) -> list[Happened]:
    """What can happen to one alert, a second to a minute and a half apart."""
    now, at = TRIGGERED, T0
    life: list[Happened] = [(now, at + timedelta(milliseconds=137), SYSTEM)]
    for _ in range(draw(st.integers(1, 6))):
        now = draw(st.sampled_from(NEXT[now]))
        at += timedelta(seconds=draw(st.integers(1, 90)))
        millis = timedelta(milliseconds=draw(st.integers(1, 999)))
        by = SYSTEM if now is UNACKED else draw(st.sampled_from((KIM, ROBIN, SYSTEM)))
        life.append((now, at + millis, by))
    return life


async def hear(events: list[AlertEvent]) -> tuple[list[Line], Transition]:
    """The transitions on the record in event time, and how the alert stands in the end."""
    record = MemoryRecord(ManualClock())
    now, found = T0 + timedelta(hours=1), ""
    for event in events:
        async with record.transaction(LOCK) as tx:
            found = (await take(tx, event, rules(evidence_sources=()), now)).incident_id
    incident = await record.incident(found)
    lines = [
        (x.body.transition, int(x.occurred_at.timestamp()), x.actor.id)
        for x in await record.entries(found)
        if isinstance(x.body, e.AlertChanged)
    ]
    return sorted(lines, key=lambda line: (line[1], line[0])), incident.alerts["PINC1"].status


def by_webhook(life: list[Happened]) -> list[AlertEvent]:
    return [told(*one) for one in life]


def by_asking(life: list[Happened]) -> list[AlertEvent]:
    return [told(*one, asked=True) for one in life]


def spaced(life: list[Happened]) -> bool:
    """Whether no transition is repeated within the five seconds in which two tellings are one."""
    return all(
        later[1] - first[1] > timedelta(seconds=6)
        for index, first in enumerate(life)
        for later in life[index + 1 :]
        if later[0] is first[0]
    )


@settings(max_examples=80, deadline=None)
@given(life=lives(), order=st.randoms(use_true_random=False))
def test_both_tellings_in_any_order_are_one_life(life: list[Happened], order: Random) -> None:
    """Not a line more than by webhook alone, and not one less."""
    both = [*by_webhook(life), *by_asking(life)]
    order.shuffle(both)

    async def check() -> None:
        assert await hear(both) == await hear(by_webhook(life))

    asyncio.run(check())


@settings(max_examples=50, deadline=None)
@given(life=lives(), order=st.randoms(use_true_random=False), lost=st.sets(st.integers(0, 6)))
def test_what_one_way_missed_the_other_tells(
    life: list[Happened], order: Random, lost: set[int]
) -> None:
    """Webhooks that never came are found by asking."""
    came = [one for number, one in enumerate(by_webhook(life)) if number not in lost]
    both = [*came, *by_asking(life)]
    order.shuffle(both)

    async def check() -> None:
        assert await hear(both) == await hear(by_webhook(life))

    if spaced(life):
        asyncio.run(check())


FLAPPING = (
    [(ACKED, 10.2, KIM), (UNACKED, 20.4, SYSTEM), (ACKED, 31.6, KIM)],
    [(RESOLVED, 10.2, KIM), (REOPENED, 25.4, KIM), (RESOLVED, 50.6, KIM)],
    [(ACKED, 10.2, KIM), (UNACKED, 10.9, SYSTEM), (ACKED, 13.4, KIM)],
    [(ACKED, 10.2, KIM), (ACKED, 12.4, ROBIN), (RESOLVED, 12.9, ROBIN)],
)  # fmt: skip


@pytest.mark.parametrize("flapping", FLAPPING)
@pytest.mark.parametrize("polled_first", [False, True])
async def test_flapping_within_a_minute_is_told_as_it_was(
    flapping: list[tuple[Transition, float, Actor]], polled_first: bool
) -> None:
    """Acknowledged, not, and again; over, back, and over: every one of them, once."""
    life = [(TRIGGERED, T0 + timedelta(seconds=0.1), SYSTEM)]
    life += [(what, T0 + timedelta(seconds=at), by) for what, at, by in flapping]
    webhooks, found = by_webhook(life), by_asking(life)
    both = [*found, *webhooks] if polled_first else [*webhooks, *found]
    lines, status = await hear(both)
    assert [line[0] for line in lines] == [TRIGGERED, *(what for what, _, _ in flapping)]
    assert (lines, status) == await hear(webhooks)


async def test_the_same_webhook_five_times_is_one() -> None:
    life = [(TRIGGERED, T0, SYSTEM), (ACKED, T0 + timedelta(seconds=30), KIM)]
    lines, _ = await hear(by_webhook(life) * 5)
    assert len(lines) == 2


async def test_two_people_within_a_second_are_two() -> None:
    """Who acknowledged is what the room wants to know."""
    at = T0 + timedelta(seconds=30)
    life = [(TRIGGERED, T0, SYSTEM), (ACKED, at, KIM), (ACKED, at + timedelta(seconds=0.5), ROBIN)]
    lines, _ = await hear([*by_webhook(life), *by_asking(life)])
    assert {line[2] for line in lines} == {"pagerduty", KIM.id, ROBIN.id}
