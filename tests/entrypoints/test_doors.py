"""Doors: verify, store, acknowledge; every refusal has its status, is counted, and says no more."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from io import BytesIO

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from opsbot.entrypoints.doors import Door, DoorHandler, Refusal
from tests.entrypoints.slow import half_a_request
from tests.entrypoints.watching import Watching
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox

LIMIT = 2 * 1024 * 1024


def _admit(body: bytes, headers: Mapping[str, str]) -> str:
    if headers.get("x-proof") != "right":
        raise Refusal(401, "signature does not match", "check the secret")
    if b"boom" in body:
        raise ZeroDivisionError
    return headers.get("x-id", "1")


Rig = tuple[str, MemoryInbox, Watching, ClientSession]


@pytest.fixture
async def door() -> AsyncGenerator[Rig]:
    """A door on a real server: its address, inbox, watcher, and a client."""
    inbox, watching = MemoryInbox(limit=3), Watching()
    handler = DoorHandler(Door(name="test", admit=_admit, max_bytes=LIMIT), inbox, ManualClock(),
                          watching, within=0.5)  # fmt: skip
    app = web.Application()
    app.router.add_post("/door", handler.__call__)
    async with TestServer(app) as server, ClientSession() as session:
        yield str(server.make_url("/door")), inbox, watching, session


RIGHT = {"x-proof": "right"}


async def test_an_accepted_delivery_is_stored_before_its_202(door: Rig):
    url, inbox, watching, session = door
    async with session.post(url, data=b"{}", headers=RIGHT) as answer:
        assert answer.status == 202
    assert [row.delivery.body for row in inbox.rows.values()] == [b"{}"]
    assert watching.answers == [(202, "accepted")]


async def test_a_repeated_delivery_is_acknowledged_and_stored_once(door: Rig):
    url, inbox, watching, session = door
    for _ in range(2):
        async with session.post(url, data=b"{}", headers=RIGHT) as answer:
            assert answer.status == 202
    assert len(inbox.rows) == 1
    assert watching.answers[-1] == (202, "duplicate")


async def test_a_wrong_signature_is_401_with_a_cure_and_nothing_of_the_body(
    door: Rig, caplog: pytest.LogCaptureFixture
):
    url, inbox, watching, session = door
    caplog.set_level(logging.DEBUG)
    async with session.post(url, data=b"canary-in-the-body") as answer:
        assert answer.status == 401
        assert await answer.text() == "signature does not match\n"
    assert not inbox.rows
    assert watching.refusals[0].cure == "check the secret"
    assert "canary" not in caplog.text


async def test_a_body_over_the_bound_is_413_before_it_is_read(door: Rig):
    url, inbox, watching, session = door

    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(10_000):
            yield b"x" * 65_536

    for body in (BytesIO(b"x" * (LIMIT + 1)), endless()):
        try:
            async with session.post(url, data=body, headers=RIGHT) as answer:
                assert answer.status == 413
        except (ConnectionError, OSError):
            pass  # the server hung up while we were still sending, as it should
    assert not inbox.rows
    assert (413, "body too large") in watching.answers


async def test_a_body_just_under_the_bound_is_taken(door: Rig):
    url, inbox, _, session = door
    async with session.post(url, data=BytesIO(b"x" * LIMIT), headers=RIGHT) as answer:
        assert answer.status == 202
    assert len(inbox.rows) == 1


async def test_a_full_backlog_is_503_with_retry_after(door: Rig):
    url, _, watching, session = door
    answers: list[tuple[int, str | None]] = []
    for number in range(4):
        headers = {**RIGHT, "x-id": str(number)}
        async with session.post(url, data=b"{}", headers=headers) as answer:
            answers.append((answer.status, answer.headers.get("Retry-After")))
    assert answers[-1] == (503, "5")
    assert watching.answers[-1] == (503, "backlog full")


async def test_an_inbox_that_is_away_is_503(door: Rig):
    url, inbox, _, session = door
    inbox.away = True
    async with session.post(url, data=b"{}", headers=RIGHT) as answer:
        assert answer.status == 503


async def test_our_own_failure_is_a_5xx_so_that_the_sender_tries_again(door: Rig):
    url, _, watching, session = door
    async with session.post(url, data=b"boom", headers=RIGHT) as answer:
        assert answer.status == 503
        assert "ZeroDivision" not in await answer.text()
    assert watching.answers == [(503, "internal error")]


async def test_a_body_that_comes_too_slowly_is_408_and_the_connection_ends(door: Rig):
    """Otherwise whoever sends one byte a minute keeps a connection for ever."""
    url, inbox, watching, _ = door
    answer = await half_a_request(url)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"Connection: close" in answer
    assert not inbox.rows
    assert watching.answers == [(408, "body too slow")]
