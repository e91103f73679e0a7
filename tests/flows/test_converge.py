"""Converging on a fake Slack: one channel, one card, whatever was refused, lost or undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from opsbot.core.event import AlertEvent, Transition
from opsbot.core.rules import Channels
from opsbot.engine.plain import PlainSteps
from opsbot.flows.converge import converge
from opsbot.flows.intake import LOCK, take
from opsbot.ports import Ports, Refused
from opsbot.store.memory import MemoryRecord
from tests.core.story import ADA, event, rules
from tests.fakes.clock import ManualClock
from tests.fakes.pager import FakePager
from tests.fakes.room import FakeRoom

LATER = Refused(error="service_unavailable", cure="later", retry_after=timedelta(seconds=5))
NEVER = Refused(error="missing_scope", cure="add the scope")


class Rig:
    """Intake and converge over a record and a Slack in memory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.record = MemoryRecord(self.clock)
        self.room = FakeRoom(self.clock)
        self.room.accounts["ada@example.com"] = "UADA"
        self.pager = FakePager(self.clock)
        self.pager.add_user("PADA", "ada")
        for name in ("C0DIGEST", "C0TEAM"):
            self.room.hold_name(name)
        rules_ = rules(evidence_sources=())
        fixed = {channel.name: channel.id for channel in self.room.channels.values()}
        self.rules = replace(rules_, channels=Channels(digest=fixed["C0DIGEST"]))
        self.ports = Ports(
            record=self.record, clock=self.clock, rules=self.rules, room=self.room,
            pager=self.pager,
        )  # fmt: skip
        self.incident_id = ""

    async def take(self, incoming: AlertEvent) -> None:
        async with self.record.transaction(LOCK) as tx:
            taken = await take(tx, incoming, self.rules, self.clock.now())
        self.incident_id = taken.incident_id

    async def converge(self) -> float | None:
        return await converge(self.ports, PlainSteps(), {"incident_id": self.incident_id})

    async def settle(self, rounds: int = 10) -> None:
        """Converge until nothing is left to do, as the obligations would."""
        for _ in range(rounds):
            wait = await self.converge()
            if wait is None:
                return
            await self.clock.sleep(wait)
        raise AssertionError("never settles")

    @property
    def rooms(self) -> list[str]:
        return [c.id for c in self.room.channels.values() if c.name.startswith("inc-")]

    def cards(self, channel_id: str) -> int:
        return len([m for m in self.room.messages(channel_id) if m.slot == "card"])


async def test_a_page_converges_to_one_room_and_then_needs_nothing():
    rig = Rig()
    await rig.take(event())
    await rig.settle()
    before = len(rig.room.moves)
    assert await rig.converge() is None
    assert len(rig.room.moves) == before
    (room,) = rig.rooms
    assert rig.cards(room) == 1
    assert rig.room.channels[room].members == ["UADA"]


async def test_lost_answers_never_double_a_channel_or_a_card():
    for move in ("open_channel", "post", "invite"):
        rig = Rig()
        rig.room.lose(move)
        await rig.take(event())
        await rig.settle()
        (room,) = rig.rooms
        assert rig.cards(room) == 1, move


async def test_a_pager_that_is_away_makes_nobody_missing():
    rig = Rig()
    rig.pager.fail("people", LATER, times=3)
    await rig.take(event())
    for _ in range(3):
        assert await rig.converge() is not None
    incident = await rig.record.incident(rig.incident_id)
    assert incident.surface.missing == ()
    await rig.settle()
    assert rig.room.channels[rig.rooms[0]].members == ["UADA"]


async def test_one_refused_move_keeps_no_other_from_being_made():
    rig = Rig()
    rig.room.fail("set_topic", NEVER)
    await rig.take(event())
    await rig.settle()
    (room,) = rig.rooms
    assert rig.cards(room) == 1
    incident = await rig.record.incident(rig.incident_id)
    assert incident.surface.refusals["topic"].cure == "add the scope"
    owed = await rig.record.next_due(rig.clock.now() + timedelta(minutes=14))
    assert owed is not None, "a second look is owed"


async def test_a_card_that_somebody_deleted_comes_back():
    rig = Rig()
    await rig.take(event())
    await rig.settle()
    (room,) = rig.rooms
    channel = rig.room.channels[room]
    channel.messages = [m for m in channel.messages if m.slot != "card"]
    await rig.take(event(Transition.ACKNOWLEDGED, 2, by=ADA))
    await rig.settle()
    assert rig.cards(room) == 1


async def test_a_room_that_somebody_archived_is_left_alone():
    rig = Rig()
    await rig.take(event())
    await rig.settle()
    (room,) = rig.rooms
    rig.room.channels[room].archived = True
    await rig.take(event(Transition.ACKNOWLEDGED, 2, by=ADA))
    await rig.settle()
    assert rig.room.channels[room].archived
    assert ("unarchive", room) not in rig.room.moves
    incident = await rig.record.incident(rig.incident_id)
    assert incident.surface.abandoned
