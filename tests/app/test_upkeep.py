"""Upkeep: the heartbeat is a promise that intake, store and Slack work, so it is withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from opsbot.app.metrics import Metrics
from opsbot.app.upkeep import Upkeep
from opsbot.config.secret import WrittenSecret
from opsbot.entrypoints.health import Check, Health
from opsbot.ports import HttpAnswer, HttpFailure, Ports
from opsbot.store.memory import MemoryRecord
from tests.core.story import rules
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox


class FakeHttp:
    """Remembers what was asked of it; refuses while `away`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (), body: bytes | None = None, timeout: float = 8.0,
        max_bytes: int = 8_000_000,
    ) -> HttpAnswer:  # fmt: skip
        if self.away:
            raise HttpFailure("no connection", sent=False)
        self.asked.append(f"{method} {url}")
        return HttpAnswer(status=200, headers={}, body=b"")


def _upkeep(http: FakeHttp, intake: str, people: str) -> Upkeep:
    async def first() -> str:
        return intake

    async def second() -> str:
        return people

    clock = ManualClock()
    ports = Ports(record=MemoryRecord(clock), clock=clock, rules=rules())
    health = Health(
        intake=(Check(name="record", ask=first),), people=(Check(name="slack", ask=second),),
        metrics=lambda: b"",
    )  # fmt: skip
    return Upkeep(
        ports=ports, inbox=MemoryInbox(), http=http, metrics=Metrics(), health=health,
        stuck_after=timedelta(minutes=5), engine=None, gateway=None,
        heartbeat=WrittenSecret(name="heartbeat_url", value="https://beat.example/ping"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("intake", "people", "beats"),
    [("", "", 1), ("disk full", "", 0), ("", "Slack does not answer", 0)],
)
async def test_it_beats_only_while_everything_works(intake: str, people: str, beats: int):
    http = FakeHttp()
    await _upkeep(http, intake, people).beat()
    assert len(http.asked) == beats


async def test_a_heartbeat_that_cannot_be_sent_harms_nothing():
    http = FakeHttp()
    http.away = True
    await _upkeep(http, "", "").beat()
