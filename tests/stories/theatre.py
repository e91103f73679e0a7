"""A whole opsbot in this process, on a real store, against the sandbox: what stories play on."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from opsbot.app.build import Opsbot
from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.series import SCRAPE_SECONDS
from opsbot.sandbox.slack.model import Channel, Message
from opsbot.sandbox.stage import WEBHOOK_SECRET, Stage
from opsbot.sandbox.webhook_delivery import signature
from tests.stories.actor import Actor, until


class Theatre:
    """The stage, the bot, and what a test wants to ask of them."""

    def __init__(self, stage: Stage, environ: Mapping[str, str]) -> None:
        self.stage = stage
        port = stage.bot.port
        self._environ = {**stage.secrets, **environ, "PORT": str(port)}
        self.settings = read_settings(Namespace(config=str(stage.config)), self._environ)
        self.bot = Opsbot(self.settings)
        self.workspace = stage.slack.workspace
        self.pagerduty = stage.world.pagerduty
        self._actors: dict[str, Actor] = {}

    def as_person(self, name: str) -> Actor:
        """Somebody of the workspace by the beginning of their name; they type into the digest
        unless they are told where."""
        if name not in self._actors:
            user = next(u for u in self.workspace.users.values() if u.name.startswith(name))
            self._actors[name] = Actor(self.stage.slack, user, self.stage.places.digest)
        return self._actors[name]

    @property
    def card(self) -> Message:
        """The card of the one incident there is."""
        (card,) = self.messages("card")
        return card

    @property
    def handled(self) -> int:
        """How many deliveries this bot has worked on to their end."""
        return int(self.metric("opsbot_deliveries_handled_total"))

    def metric(self, name: str) -> float:
        """What this bot counts under that name, without labels."""
        return self.bot.metrics.registry.get_sample_value(name) or 0.0

    def lines(self, channel_id: str = "") -> list[str]:
        """What was said publicly about people's acts, one line each."""
        return [" ".join(m.text.split()) for m in self.messages("said:", channel_id)]

    async def until_card(self, *words: str) -> None:
        """Wait until the card says all of these."""
        try:
            await self.until(lambda: all(w in self.card.text for w in words), f"{words}")
        except AssertionError:
            raise AssertionError(f"{words} are not all on the card:\n{self.card.text}") from None

    async def restart(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Stop the bot, do something to its files, and start it again."""
        await self.bot.stop()
        meanwhile()
        self.bot = Opsbot(self.settings)
        await self.bot.start()

    async def page(self, **changes: Any) -> Page:
        """Trigger the scenario's page, or one with other words, and wait for its 202."""
        page = await self.pagerduty.trigger(replace(self.stage.scenario.page, **changes))
        await self.pagerduty.settled(page)
        return page

    async def post(self, body: bytes, *, secrets: tuple[str, ...] = (WEBHOOK_SECRET,)) -> int:
        """Send any bytes to the PagerDuty door, signed; answer the status."""
        headers = {"X-PagerDuty-Signature": signature(list(secrets), body)} if secrets else {}
        async with aiohttp.ClientSession(trust_env=False) as session:
            url = f"{self.stage.bot.url}/webhooks/pagerduty"
            async with session.post(url, data=BytesIO(body), headers=headers) as answer:
                return answer.status

    def rooms(self) -> list[Channel]:
        """The channels opsbot made."""
        ours = self.workspace.bot_user_id
        return [c for c in self.workspace.channels.values() if c.creator == ours]

    def messages(self, slot: str, channel_id: str = "") -> list[Message]:
        """Our messages of one slot (or of slots that begin so), by the metadata they carry."""
        return [
            message
            for channel in self.workspace.channels.values()
            for message in channel.messages.values()
            if message.metadata
            and str(message.metadata["event_payload"].get("slot")).startswith(slot)
            and channel_id in ("", channel.id)
        ]

    def said(self, channel_id: str) -> str:
        """Everything a reader of a channel sees."""
        return self.workspace.visible_text(channel_id)

    async def incident(self, page: Page) -> Incident | None:
        """The incident that holds the page, if the record has one."""
        async with open_record(self.settings, SystemClock()) as record:
            async with record.transaction() as tx:
                found = await tx.find_origin("pagerduty", page.id)
            return await record.incident(found) if found else None

    async def numbered(self, number: int) -> Incident:
        """The incident of a number; it has to be there."""
        async with open_record(self.settings, SystemClock()) as record:
            found = await record.by_number(number)
            assert found is not None, f"the record has no INC-{number}"
            return await record.incident(found)

    async def entries(self, number: int) -> list[Entry]:
        """The whole record of the incident of a number."""
        async with open_record(self.settings, SystemClock()) as record:
            found = await record.by_number(number)
            assert found is not None, f"the record has no INC-{number}"
            return list(await record.entries(found))

    async def until(self, holds: Callable[[], bool], what: str, within: float = 15.0) -> None:
        """Wait until something is so; the test fails with `what` otherwise."""
        await until(holds, what, within)

    async def until_room(self) -> Channel:
        """Wait for one room with card, pin, topic and digest line."""
        await self.until(lambda: bool(self.messages("card")), "a card")
        await self.until(lambda: bool(self.messages("digest")), "a digest line")
        room = self.rooms()[0]
        await self.until(lambda: bool(room.pins and room.topic.value), "a pin and a topic")
        return room

    async def until_record(self, page: Page, holds: Callable[[Incident], bool]) -> Incident:
        """Wait until the page's incident is so."""
        for _ in range(400):
            found = await self.incident(page)
            if found and holds(found):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("the record never came to say so")

    async def until_evidence(self, page: Page) -> Incident:
        """Wait until every source has answered."""
        for _ in range(400):
            found = await self.incident(page)
            if found and found.evidence_complete_at:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("evidence never completed")


# Stories about people need no evidence: asking for it and drawing it costs most of their time.
NO_EVIDENCE: Mapping[str, Any] = {
    "integrations": dict.fromkeys(("prometheus", "loki", "tempo", "github"))
}


def stored_in(database_url: str) -> dict[str, str]:
    """The environment that makes a bot keep its record there; SQLite is what it does anyway."""
    return {} if database_url.startswith("sqlite") else {"DATABASE_URL": database_url}


def both_doors(database_url: str) -> bool:
    """Whether people come by Socket Mode: they do with PostgreSQL, and over HTTP with SQLite, so
    that two runs of a story see both doors and both stores."""
    return not database_url.startswith("sqlite")


@asynccontextmanager
async def theatre(
    folder: Path, scenario: str = "no-culprit", *, environ: Mapping[str, str] | None = None,
    by_socket: bool = False, own_process: bool = False, scrape_seconds: int = SCRAPE_SECONDS,
    **changes: Any,
) -> AsyncGenerator[Theatre]:  # fmt: skip
    """A running bot; keyword arguments are merged into opsbot.yaml.

    With `own_process` it is `stage.bot`, which can be killed, and `play.bot` does not run.
    """
    stage = Stage(
        scenario=load_scenario(scenario), folder=folder, changes=changes, by_socket=by_socket,
        environ=environ or {}, scrape_seconds=scrape_seconds,
    )  # fmt: skip
    play: Theatre | None = None
    try:
        await stage.start(with_bot=own_process)
        play = Theatre(stage, environ or {})
        if not own_process:
            await play.bot.start()
        if by_socket:
            await play.until(lambda: stage.slack.sockets.connected, "a socket")
        yield play
    finally:
        if play:
            await play.bot.stop()
        await stage.stop()
