"""Pictures once the evidence is in: what charts are drawn from is fetched and kept, drawn in a
process of its own, given to Slack, and stands on the record; the room shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.alt_text import alt_text
from opsbot.core.entry import Draft
from opsbot.core.evidence import EvidenceAsk
from opsbot.core.illustration import pictures, worth_showing
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.core.picture import Chart, Picture
from opsbot.core.series import Exhibit, cleaned, pack
from opsbot.flows.intake import converge_soon
from opsbot.flows.investigate import ask_about
from opsbot.ports import Done, Painter, Ports, Refused, RoomSurface, Steps, Unsure

DEADLINE = 8.0  # seconds for one source
READY_AFTER = 1.0  # seconds in which Slack usually has a file ready to be shown
AGAIN = 20.0  # seconds until a picture that Slack did not take is tried again


async def illustrate(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when every picture stands or cannot be had; else when to try again."""
    if ports.painter is None or ports.room is None or not ports.exhibits:
        return None
    painter, room, incident_id = ports.painter, ports.room, arguments["incident_id"]

    async def step() -> float | None:
        incident, run = await ports.record.incident(incident_id), arguments["key"]
        if incident.window is None:
            return None
        ask = worth_showing(ask_about(ports, incident, None), incident)
        exhibits = await exhibits_for(ports, ask)
        # What an earlier try gave to Slack stands; giving it again would leave an orphan.
        held = {entry.key for entry in await ports.record.entries(incident_id)}
        waits = [
            await _picture(ports, painter, room, incident, slot, picture, run)
            for slot, picture in pictures(incident, exhibits)
            if f"{run}:{slot}" not in held
        ]
        return max((wait for wait in waits if wait), default=None)

    return await steps.run("illustrate", step)


async def exhibits_for(ports: Ports, ask: EvidenceAsk) -> tuple[Exhibit, ...]:
    """What every source has to show, without secrets; nothing of one that does not answer."""

    async def one(found: list[Exhibit], index: int) -> None:
        try:
            found += await asyncio.wait_for(ports.exhibits[index].exhibits(ask), DEADLINE)
        except TimeoutError:
            return  # its findings stand on the card; only the picture is missing

    by_source: list[list[Exhibit]] = [[] for _ in ports.exhibits]
    await asyncio.gather(*(one(found, index) for index, found in enumerate(by_source)))
    clean = ports.record.clean
    return tuple(cleaned(exhibit, clean) for found in by_source for exhibit in found)


async def _picture(
    ports: Ports, painter: Painter, room: RoomSurface, incident: Incident, slot: str,
    picture: Picture, run: str,
) -> float | None:  # fmt: skip
    shown = picture.series if isinstance(picture, Chart) else (picture.waterfall,)
    data = b"\n".join(pack(exhibit) for exhibit in shown)
    drawn = await painter.draw(picture)
    if not isinstance(drawn, Done):
        return None  # what it would have shown stands in words
    alt = alt_text(picture)
    match await room.upload(file_name(slot), drawn.value, alt):
        case Done(value=file_id):
            await ports.clock.sleep(READY_AFTER)
            body = e.Illustrated(slot=slot, blob="", file_id=file_id, title=picture.title, alt=alt)
            await keep_picture(ports, incident, body, data, f"{run}:{slot}")
            return None
        case Refused(retry_after=None):
            return None
        case Refused() | Unsure():
            return AGAIN


def file_name(slot: str) -> str:
    """What Slack is told that the image is called."""
    return f"{slot.replace(':', '-')}.png"


async def keep_picture(
    ports: Ports, incident: Incident, body: e.Illustrated, drawn_from: bytes, key: str
) -> None:
    """Put it on the record with what it was drawn from, and owe the room the sight of it."""
    now = ports.clock.now()
    async with ports.record.transaction(incident.id) as tx:
        body = replace(body, blob=await tx.keep_blob(drawn_from))
        draft = Draft(key=key, occurred_at=now, actor=OPSBOT, source="opsbot", body=body)
        await tx.append(incident.id, [draft])
        await tx.owe(converge_soon(await tx.incident(incident.id), now))
