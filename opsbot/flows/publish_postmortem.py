"""A drafted postmortem is put where people read it: what stands there is read, merged with what
people wrote, and put back. Each place is a flow of its own; none waits for another."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast
from weakref import WeakValueDictionary

from opsbot.core import entry as e
from opsbot.core.document import Document
from opsbot.core.entry import Body, Draft, Entry, Visibility
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.core.postmortem_merge import Merged, merge
from opsbot.core.postmortem_versions import (
    PUBLISHED,
    REFUSED,
    Version,
    is_settled,
    is_silenced,
    settling_key,
    versions,
)
from opsbot.documents.html import page
from opsbot.flows.forget_versions import forget_versions
from opsbot.flows.intake import converge_soon
from opsbot.ports import (
    Done,
    Outcome,
    Ports,
    Published,
    Publisher,
    Refused,
    Steps,
    Transaction,
    Unsure,
)

SAID_AFTER = timedelta(minutes=1)  # for which a place that cannot take it is no news
GIVES_UP = timedelta(hours=24)  # after which a person has to ask again
SHORTEST, LONGEST = 2.0, 300.0  # seconds between two tries
_LOST = Refused(
    error="lost", cure="The draft is not in the store: `opsbot verify`, then write it anew."
)
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the record says of the drafts, and of this place."""

    drafts: tuple[Version, ...]  # the newest last
    published: e.PostmortemPublished | None


async def publish_postmortem(
    ports: Ports, steps: Steps, arguments: Mapping[str, str]
) -> float | None:
    """Answer None when the draft is there, cannot be, or is no longer the newest; else after how
    many seconds to try again."""
    incident_id, name = arguments["incident_id"], arguments["publisher"]
    place = next((one for one in ports.publishers if one.name == name), None)

    async def step() -> float | None:
        lock = _locks.setdefault(f"{incident_id}:{name}", asyncio.Lock())
        again: float | None = None
        if place is not None:  # else it was taken out of the settings since
            async with lock:
                again = await _publish(ports, place, incident_id, int(arguments["draft"]))
        if again is None:
            await forget_versions(ports, incident_id)
        return again

    return await steps.run("publish postmortem", step)


async def _publish(ports: Ports, place: Publisher, incident_id: str, seq: int) -> float | None:
    incident = await ports.record.incident(incident_id)
    entries = await ports.record.entries(incident_id)
    told = _told(entries, place.name)
    if not told.drafts or told.drafts[-1][0].seq != seq or is_settled(entries, place.name, seq):
        return None
    entry, drafted = told.drafts[-1]
    if is_silenced(entries, told.drafts[-1]):
        return None  # another one is owed
    document = await _document(ports, incident, drafted)
    if document is None:
        return await _refused(ports, incident, place, entry, _LOST)
    if document.private and not place.takes_private:
        return None  # it was made private since
    held = await _held(place, document, told)
    if not isinstance(held, Done):
        return await _again(ports, incident, place, entry, held)
    merged = await _merged(ports, place, document, held.value, told)
    if not isinstance(merged, Done):
        return await _again(ports, incident, place, entry, merged)
    document = await asyncio.to_thread(_with_people, document, merged.value)
    outcome = await place.publish(document, held.value)
    if not isinstance(outcome, Done):
        return await _again(ports, incident, place, entry, outcome)
    body = e.PostmortemPublished(
        publisher=place.name,
        url=outcome.value.url,
        ref=outcome.value.ref,
        base="",
        conflicts=len(merged.value.conflicts),
    )
    key, base = settling_key(PUBLISHED, place.name, seq), merged.value.base
    async with ports.record.transaction(incident.id) as tx:
        kept = await tx.keep_blob(base.encode("utf-8", "replace"))
        await _appended(tx, ports, incident, key, replace(body, base=kept))
    return None


def _told(entries: Sequence[Entry], name: str) -> _Told:
    at_place = [
        entry.body
        for entry in entries
        if isinstance(entry.body, e.PostmortemPublished) and entry.body.publisher == name
    ]
    return _Told(drafts=versions(entries), published=at_place[-1] if at_place else None)


async def _document(
    ports: Ports, incident: Incident, drafted: e.PostmortemDrafted
) -> Document | None:
    """The draft as it was kept; None when a part of it is gone."""
    cover_of = await ports.record.blob(drafted.cover) if drafted.cover else None
    parts = [await ports.record.blob(one) for one in (drafted.markdown, drafted.data, drafted.html)]
    if cover_of is None or None in parts:
        return None
    cover = cast("dict[str, Any]", json.loads(cover_of))
    attached = {path: await ports.record.blob(blob) for path, blob in cover["attachments"].items()}
    markdown, data, html = (part.decode() for part in parts if part is not None)
    return Document(
        incident_id=incident.id, number=incident.number, stem=str(cover["stem"]),
        title=str(cover["title"]), summary=str(cover["summary"]),
        markdown=markdown, data=data, html=html,
        attachments={path: image for path, image in attached.items() if image is not None},
        private=incident.visibility is Visibility.PRIVATE,
    )  # fmt: skip


async def _held(place: Publisher, document: Document, told: _Told) -> Outcome[Published | None]:
    """What stands there of ours: by the record, or from an earlier try that never said so."""
    if told.published is not None:
        return Done(value=Published(url=told.published.url, ref=told.published.ref))
    return await place.find(document)


async def _merged(
    ports: Ports, place: Publisher, document: Document, held: Published | None, told: _Told
) -> Outcome[Merged]:
    """The draft with what people wrote there; the draft itself where nothing stands."""
    ours = document.markdown
    if held is None:
        return Done(value=Merged(text=ours, base=ours))
    read = await place.read(held)
    if not isinstance(read, Done):
        return read
    if read.value is None:
        return Done(value=Merged(text=ours, base=ours))
    base = await _base(ports, told, read.value)
    return Done(value=await asyncio.to_thread(merge, base, read.value, ours))


def _with_people(document: Document, merged: Merged) -> Document:
    """The document with what people wrote, as a page too; the data stays what the record says."""
    if merged.text == document.markdown:
        return document
    html = page(merged.text, title=document.title, images=document.attachments)
    return replace(document, markdown=merged.text, html=html)


async def _base(ports: Ports, told: _Told, theirs: str) -> str:
    """What the record had said of what stands there. An earlier try that never said so published
    one of the drafts: the one that it resembles most."""
    if told.published is not None:
        kept = await ports.record.blob(told.published.base)
        if kept is not None:
            return kept.decode()
    found = [await ports.record.blob(drafted.markdown) for _, drafted in told.drafts]
    lines = Counter(theirs.splitlines())
    texts = [text.decode() for text in found if text is not None]
    return max(texts, key=lambda text: (Counter(text.splitlines()) & lines).total(), default="")


async def _again(
    ports: Ports, incident: Incident, place: Publisher, draft: Entry, outcome: Refused | Unsure
) -> float | None:
    """Try again later, half as long as it was tried already; say so when that is no blink of the
    network any more, and give up after a day."""
    if isinstance(outcome, Refused) and outcome.retry_after is None:
        return await _refused(ports, incident, place, draft, outcome)
    tried = ports.clock.now() - draft.recorded_at
    asked = outcome.retry_after if isinstance(outcome, Refused) else None
    said = outcome.cure if isinstance(outcome, Refused) else outcome.reason
    if tried >= GIVES_UP:
        given_up = Refused(error="late", cure=f"{said} It was tried for a day; write it again.")
        return await _refused(ports, incident, place, draft, given_up)
    if tried >= SAID_AFTER:
        body = e.PostmortemFailed(publisher=place.name, cure=said, gives_up=False)
        await _append(ports, incident, f"publishing:{place.name}:{draft.seq}", body)
    least = max(asked.total_seconds() if asked else 0.0, SHORTEST)
    return max(least, min(tried.total_seconds() / 2, LONGEST))


async def _refused(
    ports: Ports, incident: Incident, place: Publisher, draft: Entry, refused: Refused
) -> None:
    body = e.PostmortemFailed(publisher=place.name, cure=refused.cure, gives_up=True)
    await _append(ports, incident, settling_key(REFUSED, place.name, draft.seq), body)


async def _append(ports: Ports, incident: Incident, key: str, body: Body) -> None:
    async with ports.record.transaction(incident.id) as tx:
        await _appended(tx, ports, incident, key, body)


async def _appended(
    tx: Transaction, ports: Ports, incident: Incident, key: str, body: Body
) -> None:
    now = ports.clock.now()
    draft = Draft(key=key, occurred_at=now, actor=OPSBOT, source="opsbot", body=body)
    await tx.append(incident.id, [draft])
    await tx.owe(converge_soon(await tx.incident(incident.id), now))
