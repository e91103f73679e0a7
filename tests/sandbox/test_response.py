"""The demo's people and a visitor in one incident: whoever is first does it, and the cast goes on
with that person, or stops where the visitor has decided otherwise."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.store import open_record
from opsbot.catalog.runbooks import shipped_folder
from opsbot.sandbox.cast import Player, until
from opsbot.sandbox.hurry import HURRIED, SCRAPED_EVERY
from opsbot.sandbox.progress import Progress
from opsbot.sandbox.response import Response, Stopped
from opsbot.sandbox.scene import Scene
from tests.stories.theatre import NO_EVIDENCE, Theatre, theatre

pytestmark = pytest.mark.timeout(40)
PACE = 3.0  # seconds: long enough for a visitor on a busy machine; the cast moves on at once

Visit = Callable[["Evening"], Coroutine[Any, Any, None]]


def offered_first(folder: Path) -> None:
    """A runbook of the team, offered before the shipped one, that watches nothing for long."""
    book = yaml.safe_load((shipped_folder() / "rollback-deploy.yaml").read_text("utf-8"))
    book["verification"] |= {"below": 0.9, "holds": "0s", "every": "5s"}
    (folder / "runbooks").mkdir(parents=True)
    (folder / "runbooks" / "back-out-deploy.yaml").write_text(yaml.safe_dump(book), "utf-8")


class Evening:
    """One incident with the cast in it, and what the terminal says."""

    def __init__(self, play: Theatre, scene: Scene, out: StringIO, pace: float) -> None:
        self.play, self.scene, self._out = play, scene, out
        self.response = Response(scene, pace)

    @property
    def terminal(self) -> str:
        """Everything printed so far, as one line."""
        return re.sub(r"\s+", " ", self._out.getvalue())

    def visitor(self, name: str) -> Player:
        """The visitor as somebody of the workspace."""
        users = self.play.workspace.users.values()
        return self.scene.player(next(u.id for u in users if u.name.startswith(name)))

    async def hears(self, words: str) -> None:
        """Wait until the terminal says something."""
        await until(lambda: words in self.terminal, f"{words!r} in: {self.terminal}", 40.0)

    async def room(self) -> str:
        """The channel of the incident."""
        return (await self.scene.incident()).surface.channel_id

    async def joins(self, name: str) -> Player:
        """The visitor as somebody who has just joined the room."""
        me = self.visitor(name)
        await self.play.stage.slack.people.join(me.user.id, await self.room())
        return me

    async def with_visitor(self, visit: Visit) -> None:
        """Play while a visitor takes part. Raises what the response raises."""
        visiting = asyncio.create_task(visit(self))
        playing = asyncio.create_task(self.response.play())
        try:
            await asyncio.wait({visiting, playing}, return_when=asyncio.FIRST_COMPLETED)
            if visiting.done():
                visiting.result()
            await playing
        finally:
            visiting.cancel()
            playing.cancel()
            await asyncio.gather(visiting, playing, return_exceptions=True)


@asynccontextmanager
async def evening(
    folder: Path, *, pace: float = PACE, scenario: str = "memory-limit", **changes: Any
) -> AsyncGenerator[Evening]:
    """A bot with a page, ready for people."""
    out = StringIO()
    async with theatre(
        folder, scenario, scrape_seconds=SCRAPED_EVERY, **{**HURRIED, **changes}
    ) as play:
        page = await play.page()
        await play.until_room()
        incident = await play.until_evidence(page)
        if scenario == "memory-limit":
            await play.until(lambda: "back-out-deploy" in str(play.card.blocks), "the offer")
        console = Console(file=out, width=100, highlight=False)
        progress = Progress(console, play.workspace, lambda: None)
        async with open_record(play.settings, SystemClock()) as record:
            yield Evening(play, Scene(play.stage, record, incident.id, progress), out, pace)


@asynccontextmanager
async def without_evidence(folder: Path) -> AsyncGenerator[Evening]:
    """The same where nothing is offered: what evidence there is does not matter."""
    quick = {**NO_EVIDENCE, "postmortem": HURRIED["postmortem"]}
    async with evening(folder, scenario="no-culprit", **quick) as one:
        yield one


async def test_the_cast_goes_on_with_the_visitor_who_asked_and_somebody_else_approves(
    tmp_path: Path,
) -> None:
    """The second person is never the one who asked, and the run is the visitor's."""

    async def visit(one: Evening) -> None:
        await one.hears("presses “Ack and lead”")
        incident, me = await one.scene.incident(), one.visitor("kim")
        await me.sends(await me.opens(one.scene.card(incident), "run"))
        await me.presses(await me.hears(0, "run:do-way=ask"), "run:do-way=ask")

    offered_first(tmp_path)
    async with evening(tmp_path, pace=1.5) as one:
        await one.with_visitor(visit)
        (run,) = (await one.scene.incident()).runs.values()
        assert run.requester.name == "Kim Example"
        assert [by.by.name for by in run.approvals] not in ([], ["Kim Example"])
        assert "but not as Kim Example, who asked" in one.terminal
        assert "sends its form" not in one.terminal
        assert "Robin Sample leads" in one.terminal
        assert "run succeeded" in one.terminal
        room = await one.room()
        await one.play.until(lambda: bool(one.play.messages("postmortem", room)), "its message")


async def test_who_takes_the_lead_first_is_the_lead_that_the_cast_speaks_for(
    tmp_path: Path,
) -> None:
    """The lead is whoever took it; what is due next is announced in their name."""

    async def visit(one: Evening) -> None:
        await one.hears("press it yourself in the browser to lead")
        me = await one.joins("dana")
        await me.presses(one.scene.card(await one.scene.incident()), "lead:ack=yes")
        await one.hears("Dana Template leads")
        await one.hears("Dana Template types /incident impact")
        await me.types("resolve fixed", await one.room())

    async with without_evidence(tmp_path) as one:
        await one.with_visitor(visit)
        lead = (await one.scene.incident()).lead
        assert lead is not None
        assert lead.name == "Dana Template"
        assert "Dana Template resolved the incident; the cast leaves out the rest" in one.terminal
        assert "postmortem" in one.terminal.partition("leaves out the rest")[2]


async def test_a_visitor_who_cancels_ends_the_cast_without_complaint(tmp_path: Path) -> None:
    """What was no incident has no rest to be played, and no postmortem."""

    async def visit(one: Evening) -> None:
        await one.hears("presses “Ack and lead”")
        await (await one.joins("dana")).types('cancel "a load test"', await one.room())

    async with without_evidence(tmp_path) as one:
        one.response.drafted_within = 0.5
        with pytest.raises(Stopped, match="Dana Template cancelled the incident"):
            await one.with_visitor(visit)
        assert (await one.scene.incident()).lead is None


async def test_a_denied_run_is_left_denied(tmp_path: Path) -> None:
    """The cast does not ask again for what somebody said no to."""

    async def visit(one: Evening) -> None:
        me = await one.joins("sam")
        await one.hears("presses “Approve”")
        incident = await one.scene.incident()
        run = one.scene.run_there_is(incident)
        form = await me.opens(await one.scene.run_message(incident, run), "deny")
        await me.sends(form, reason="not while the market is open")

    offered_first(tmp_path)
    async with evening(tmp_path, pace=3.0) as one:
        with pytest.raises(Stopped, match="Sam Standin denied the run: not while the market"):
            await one.with_visitor(visit)
        assert len((await one.scene.incident()).runs) == 1
