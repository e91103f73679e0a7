"""What stands in the sandbox Slack for the pages of a run, and what the record says of them."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.core.incident import Incident
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.slack.model import Channel, Message
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

ROOM_WITHIN = 60.0  # seconds


def is_whole(incident: Incident | None) -> bool:
    """Whether the room has all that a page asks for."""
    if incident is None or incident.evidence_complete_at is None:
        return False
    surface = incident.surface
    return bool(
        surface.channel_id
        and {"card", "digest", "timeline"} <= set(surface.messages)
        and {"topic", "pin", "on_call"} <= set(surface.facts)
    )


async def find(record: SqlRecord, page: Page) -> Incident | None:
    """The incident that holds a page."""
    async with record.transaction() as tx:
        found = await tx.find_origin("pagerduty", page.id)
    return await record.incident(found) if found else None


async def until(holds: Callable[[], Awaitable[bool]], within: float) -> None:
    """Wait until something is so; raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def whole_room(stage: Stage, record: SqlRecord) -> tuple[Page, Incident]:
    """Page once, and wait until everything stands."""
    page = await stage.world.pagerduty.trigger()

    async def stands() -> bool:
        return is_whole(await find(record, page))

    await until(stands, ROOM_WITHIN)
    incident = await find(record, page)
    if incident is None:
        raise LookupError(page.id)
    return page, incident


@asynccontextmanager
async def record_of(stage: Stage) -> AsyncGenerator[SqlRecord]:
    """The record of the opsbot on this stage, to look at."""
    environ = {**stage.secrets, **stage.environ}
    settings = read_settings(Namespace(config=str(stage.config)), environ)
    async with open_record(settings, SystemClock()) as record:
        yield record


def rooms_of(stage: Stage) -> list[Channel]:
    """The channels that opsbot made."""
    workspace = stage.slack.workspace
    return [c for c in workspace.channels.values() if c.creator == workspace.bot_user_id]


def messages_of(stage: Stage) -> Iterator[tuple[str, str, Message]]:
    """Incident and slot of every message of ours that stands, and the message."""
    for channel in stage.slack.workspace.channels.values():
        for message in channel.messages.values():
            payload = (message.metadata or {}).get("event_payload", {})
            if payload.get("incident") and not message.deleted:
                yield payload["incident"], payload["slot"], message
