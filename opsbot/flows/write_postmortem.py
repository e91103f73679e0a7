"""The postmortem writes itself: the record made into a document, kept, and owed to every place that
publishes it; in one transaction, so that a draft without its publishing never stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.flows.forget_versions import forget_versions, places_of
from opsbot.flows.illustrate_end import draw_end
from opsbot.flows.intake import converge_soon
from opsbot.ports import Done, Drafted, Drafter, Obligation, Ports, Steps, Transaction

PUBLISH = "publish_postmortem"  # purpose of what is owed to one place


async def write_postmortem(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> None:
    """Draft it from the record as it stands. `seq` is the entry that has to be in it, `asked` the
    delivery by which a person asked for it anew."""
    drafter, incident_id = ports.drafter, arguments["incident_id"]
    if drafter is None:
        return

    async def step() -> None:
        incident = await ports.record.incident(incident_id)
        asked, held = arguments.get("asked", ""), incident.living.draft
        covered = held is not None and held.through >= int(arguments["seq"])
        if incident.number and (asked or not covered):
            await draw_end(ports, incident_id)  # so that its chart shows the recovery
            await _draft(ports, drafter, await ports.record.incident(incident_id), asked)
        await forget_versions(ports, incident_id)  # where no place is waited for

    await steps.run("write postmortem", step)


async def _draft(ports: Ports, drafter: Drafter, incident: Incident, asked: str) -> None:
    entries = await ports.record.entries(incident.id)
    key = f"drafted:{asked or entries[-1].seq}"
    if any(entry.key == key for entry in entries):
        return
    blobs = await _blobs(ports, entries)
    drawn = await _drawn(ports, drafter, incident, entries, blobs)
    head = await ports.record.head(incident.id, entries[-1].seq)
    made = await asyncio.to_thread(drafter.write, incident, entries, blobs, drawn, head)
    now = ports.clock.now()
    async with ports.record.transaction(incident.id) as tx:
        body = await _kept(tx, made, entries[-1].seq)
        draft = Draft(key=key, occurred_at=now, actor=OPSBOT, source="opsbot", body=body)
        (written,) = await tx.append(incident.id, [draft])
        for owed in _owed(ports, incident, written.seq, now):
            await tx.owe(owed)
        await tx.owe(converge_soon(await tx.incident(incident.id), now))


def _owed(ports: Ports, incident: Incident, seq: int, now: datetime) -> list[Obligation]:
    """One obligation for each place, so that one that fails is tried again alone."""
    return [
        Obligation(
            key=f"{incident.id}:publish:{place.name}:{seq}", incident_id=incident.id,
            purpose=PUBLISH, due_at=now, arguments={"publisher": place.name, "draft": str(seq)},
        )
        for place in places_of(ports, incident)
    ]  # fmt: skip


async def _blobs(ports: Ports, entries: Sequence[Entry]) -> Mapping[str, bytes]:
    """What the incident's pictures were drawn from, by hash."""
    named = {entry.body.blob for entry in entries if isinstance(entry.body, e.Illustrated)}
    found = {name: await ports.record.blob(name) for name in sorted(named)}
    return {name: data for name, data in found.items() if data is not None}


async def _drawn(
    ports: Ports, drafter: Drafter, incident: Incident, entries: Sequence[Entry],
    blobs: Mapping[str, bytes],
) -> Mapping[str, bytes]:  # fmt: skip
    """The charts that can be drawn; what the others would show stands in words."""
    if ports.painter is None:
        return {}
    drawn: dict[str, bytes] = {}
    wanted = await asyncio.to_thread(drafter.pictures, incident, entries, blobs)
    for slot, picture in wanted.items():
        image = await ports.painter.draw(picture)
        if isinstance(image, Done):
            drawn[slot] = image.value
    return drawn


async def _kept(tx: Transaction, made: Drafted, through: int) -> e.PostmortemDrafted:
    """The document as blobs. Its words stand in them alone, never in the entry."""
    keep, document = tx.keep_blob, made.document
    attached = {path: await keep(data) for path, data in document.attachments.items()}
    cover = {
        "stem": document.stem, "title": document.title, "summary": document.summary,
        "attachments": attached,
    }  # fmt: skip
    return e.PostmortemDrafted(
        through=through, template=made.template, template_version=made.template_version,
        markdown=await keep(_bytes(document.markdown)), data=await keep(_bytes(document.data)),
        html=await keep(_bytes(document.html)), problems=made.problems,
        cover=await keep(json.dumps(cover, sort_keys=True).encode()),
        charts=tuple(sorted(set(attached.values()))),
    )  # fmt: skip


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
