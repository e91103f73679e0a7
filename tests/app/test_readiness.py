"""Readiness that can fail: a store that takes no writes, and a Slack that was well long ago."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from opsbot.app.slack import SlackSide
from opsbot.entrypoints.health import CHECK_WITHIN, Check, Health
from opsbot.ports import Done
from opsbot.sandbox.slack import faults
from tests.config.vendor import settings_of
from tests.slack.sandbox_world import SandboxWorld, sandbox_world
from tests.stories.theatre import theatre

PEOPLE = "slack"


@pytest.fixture
async def world() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world() as world:
        yield world


def _health(world: SandboxWorld) -> Health:
    side = SlackSide(
        settings=settings_of(""), room=world.room, gateway=world.gateway, clock=world.clock
    )
    people = (Check(name=PEOPLE, ask=side.problem),)
    return Health(intake=(), people=people, metrics=lambda: b"")


async def _ready(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession(trust_env=False) as http, http.get(f"{url}/readyz") as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("file", ["record", "inbox"])
async def test_a_store_that_takes_no_writes_is_not_ready(tmp_path: Path, file: str) -> None:
    """Somebody holds the write lock: reading goes on, and a delivery could not be taken."""
    async with theatre(tmp_path) as play:
        path = play.settings.data_dir / f"{file}.db"
        assert (await _ready(play.stage.bot.url))[0] == 200
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = asyncio.get_running_loop().time()
            status, why = await _ready(play.stage.bot.url)
            took = asyncio.get_running_loop().time() - began
            other.execute("ROLLBACK")
        assert (status, f"{file}: ok" in why) == (503, False), why
        assert took < CHECK_WITHIN + 1.5
        status, why = await _ready(play.stage.bot.url)
        assert (status, f"{file}: ok" in why) == (200, True), why


async def test_slack_that_died_since_is_noticed(world: SandboxWorld) -> None:
    """Who we are was answered once and is kept; whether Slack answers is asked anew."""
    assert isinstance(await world.room.start(), Done)
    world.sandbox.faults.down = "closed"
    world.wait(299)
    assert await _health(world).problems(people=True) == ()
    world.wait(2)
    (problem,) = await _health(world).problems(people=True)
    assert problem.startswith(PEOPLE)
    world.sandbox.faults.down = None
    assert await _health(world).problems(people=True) == ()


async def test_a_token_that_was_revoked_is_noticed_at_the_first_refused_call(
    world: SandboxWorld,
) -> None:
    """Five good minutes are nobody's guarantee once a call has failed."""
    assert isinstance(await world.room.start(), Done)
    world.sandbox.faults.add("*", faults.error("token_revoked"))
    await world.room.archive("C0NONE")
    assert await _health(world).problems(people=True) == ("slack: Slack answers token_revoked",)
    world.sandbox.faults.clear()
    assert await _health(world).problems(people=True) == ()


async def test_a_slack_that_is_well_is_asked_once_in_five_minutes(world: SandboxWorld) -> None:
    """Probes come every few seconds, and each would cost a call."""
    for _ in range(5):
        assert await _health(world).problems(people=True) == ()
    assert world.calls("auth.test") == 1
    world.wait(301)
    assert await _health(world).problems(people=True) == ()
    assert world.calls("auth.test") == 2


async def test_a_check_that_cannot_even_be_stopped_is_answered_for() -> None:
    """A write that waits for a lock ends when the database says so, not when it is cancelled."""
    let_go = asyncio.Event()

    async def stubborn() -> str:
        try:
            await let_go.wait()
        except asyncio.CancelledError:
            await let_go.wait()
        return ""

    health = Health(intake=(Check(name="x", ask=stubborn),), people=(), metrics=lambda: b"")
    problems = await asyncio.wait_for(health.problems(people=False), CHECK_WITHIN + 1.0)
    assert problems == ("x: no answer within 2 s",)
    let_go.set()
