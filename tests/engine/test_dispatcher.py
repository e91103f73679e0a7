"""The dispatcher: what one bad delivery does to the others, and what a store that is away does."""

from __future__ import annotations

import pytest

from opsbot.core.event import AlertEvent
from opsbot.engine.dispatcher import Dispatcher
from opsbot.ports import Delivery
from opsbot.store.memory import MemoryRecord
from tests.core.story import event, rules
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox


def _delivery(key: str, body: bytes = b"good") -> Delivery:
    clock = ManualClock()
    return Delivery(door="pagerduty", key=key, received_at=clock.now(), body=body, headers={})


def _parse(delivery: Delivery) -> AlertEvent | None:
    if delivery.body == b"poison":
        raise ZeroDivisionError
    return event(alert=f"P{delivery.key}", at=float(delivery.key))


def _dispatcher(inbox: MemoryInbox, record: MemoryRecord) -> Dispatcher:
    return Dispatcher(
        inbox=inbox, record=record, rules=rules(), clock=ManualClock(),
        parsers={"pagerduty": _parse},
    )  # fmt: skip


async def test_a_poisoned_delivery_is_put_aside_and_the_others_go_on():
    inbox, record = MemoryInbox(), MemoryRecord(ManualClock())
    for key, body in (("1", b"good"), ("2", b"poison"), ("3", b"good")):
        await inbox.put(_delivery(key, body))
    await _dispatcher(inbox, record).drain()
    assert list(inbox.aside.values()) == ["ZeroDivisionError"]
    assert await record.find_origin("pagerduty", "P1")
    assert await record.find_origin("pagerduty", "P3")
    told = await record.due(ManualClock().now(), 100)
    assert [o.purpose for o in told].count("tell_ops") == 1


async def test_a_delivery_without_its_integration_is_kept_for_later():
    inbox, record = MemoryInbox(), MemoryRecord(ManualClock())
    dispatcher = Dispatcher(
        inbox=inbox, record=record, rules=rules(), clock=ManualClock(), parsers={}
    )
    await inbox.put(_delivery("1"))
    await dispatcher.drain()
    assert inbox.rows[1].delivery.body == b"good"
    assert list(inbox.aside.values()) == ["LookupError"]


async def test_nothing_is_put_aside_while_the_record_can_be_read_but_not_written():
    class Away(MemoryRecord):
        def transaction(self, lock: str = ""):
            raise ConnectionError

        async def probe(self) -> None:
            raise ConnectionError

    inbox = MemoryInbox()
    await inbox.put(_delivery("1"))
    dispatcher = _dispatcher(inbox, Away(ManualClock()))
    with pytest.raises(ConnectionError):
        await dispatcher.drain()
    assert inbox.aside == {}
    assert len(inbox.rows) == 1


async def test_people_go_ahead_of_machines():
    inbox = MemoryInbox()
    await inbox.put(_delivery("1"))
    person = Delivery(door="slack", key="2", received_at=ManualClock().now(), body=b"", headers={},
                      lane="person")  # fmt: skip
    await inbox.put(person)
    assert [p.delivery.lane for p in await inbox.pending()] == ["person", "machine"]
