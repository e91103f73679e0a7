"""An incident as its documents need it: the record with its head and blobs, the charts drawn anew,
and the newest document as it was drafted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opsbot.app.clock import SystemClock
from opsbot.app.store import open_record
from opsbot.config import Settings
from opsbot.core import entry as e
from opsbot.core.document import Document
from opsbot.core.entry import Entry, Visibility
from opsbot.core.incident import Incident
from opsbot.core.picture import Picture
from opsbot.core.postmortem_versions import is_silenced, versions
from opsbot.drawing.worker import ChartWorker
from opsbot.ports import Done
from opsbot.store.record import SqlRecord

_ANEW = (
    "leave --as-published out to make it from the record as it stands, or type "
    "/incident postmortem write, which publishes it as well"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store holds of an incident. Without a `drafted`, `why_none` is a sentence about the
    postmortem that says what to do instead."""

    incident: Incident
    entries: tuple[Entry, ...]
    head: str
    blobs: Mapping[str, bytes]  # that pictures were drawn from
    drafted: Document | None
    why_none: str = ""


async def kept_of(settings: Settings, number: int) -> Kept | None:
    """Everything about incident `number`; None when there is none. Raises Unusable."""
    async with open_record(settings, SystemClock()) as record:
        incident_id = await record.by_number(number)
        if incident_id is None:
            return None
        incident = await record.incident(incident_id)
        entries = tuple(await record.entries(incident_id))
        drawn_from = [x.body.blob for x in entries if isinstance(x.body, e.Illustrated)]
        drafted = await _drafted(record, incident, entries)
        return Kept(
            incident=incident,
            entries=entries,
            head=await record.head(incident_id, entries[-1].seq),
            blobs=await _blobs(record, drawn_from),
            drafted=drafted if isinstance(drafted, Document) else None,
            why_none=drafted if isinstance(drafted, str) else "",
        )


async def _blobs(record: SqlRecord, names: Sequence[str]) -> dict[str, bytes]:
    found = {name: await record.blob(name) for name in dict.fromkeys(names)}
    return {name: data for name, data in found.items() if data is not None}


async def _drafted(
    record: SqlRecord, incident: Incident, entries: Sequence[Entry]
) -> Document | str:
    """The newest postmortem, byte for byte as it was drafted; none that says what was redacted
    since."""
    name, drafted = f"INC-{incident.number}", versions(entries)
    if not drafted:
        return f"no postmortem of {name} was written yet: {_ANEW}"
    if is_silenced(entries, drafted[-1]):
        return f"the postmortem of {name} was removed, because words of it were redacted: {_ANEW}"
    body = drafted[-1][1]
    cover_of = await record.blob(body.cover) if body.cover else None
    parts = await _blobs(record, (body.markdown, body.data, body.html))
    if cover_of is None or len(parts) < len({body.markdown, body.data, body.html}):
        return f"the postmortem of {name} is not in the store any more: `opsbot verify`; {_ANEW}"
    cover = cast("dict[str, Any]", json.loads(cover_of))
    attached = {path: await record.blob(blob) for path, blob in cover["attachments"].items()}
    return Document(
        incident_id=incident.id, number=incident.number, stem=str(cover["stem"]),
        title=str(cover["title"]), summary=str(cover["summary"]),
        markdown=parts[body.markdown].decode(), data=parts[body.data].decode(),
        html=parts[body.html].decode(),
        attachments={path: image for path, image in attached.items() if image is not None},
        private=incident.visibility is Visibility.PRIVATE,
    )  # fmt: skip


async def drawn(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """The pictures as PNG, by slot; those that cannot be drawn are left out."""
    painter = ChartWorker()
    try:
        images = {slot: await painter.draw(picture) for slot, picture in pictures.items()}
    finally:
        await painter.close()
    return {slot: image.value for slot, image in images.items() if isinstance(image, Done)}
