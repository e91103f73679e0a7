"""Slack as a place for postmortems: the Markdown as a file in the thread below the incident's card,
once for every version. Nobody edits a file in Slack, so there is nothing to read back."""

from __future__ import annotations

import hashlib

from opsbot.core.document import Document
from opsbot.core.incident import Incident
from opsbot.core.surface import Shown
from opsbot.ports import (
    Clock,
    Done,
    Outcome,
    Published,
    Record,
    Refused,
    RoomSurface,
)

_WRITE_AGAIN = "`/incident postmortem write` shares it again."
_NO_PLACE = Refused(
    error="no_room", cure="The incident has no room or thread of its own that the file could go to."
)
_NOT_PRIVATE = Refused(
    error="private", cure="The incident is private and has no room of its own: nobody is shown it."
)
_ARCHIVED = Refused(
    error="is_archived",
    cure=f"The room is archived: bring it back, then {_WRITE_AGAIN}",
)
_UNKNOWN = Refused(
    error="unknown",
    cure="Slack never said whether the file was shared: look into the thread below the card. "
    f"If it is not there, {_WRITE_AGAIN}",
)


class SlackPublisher:
    """Files shared by `room`. The record knows where the incident's card stands; a claim there
    keeps a version from being shared twice when an answer was lost."""

    takes_private = True  # the room's own members alone see what is in its threads

    def __init__(self, record: Record, room: RoomSurface, clock: Clock) -> None:
        self._record, self._room, self._clock = record, room, clock
        self._refused: set[str] = set()  # claims of this process that came to nothing

    @property
    def name(self) -> str:
        return "slack"

    async def find(self, document: Document) -> Outcome[Published | None]:
        """Nothing can be found: reading the files of a room is no scope of opsbot's."""
        return Done(value=None)

    async def read(self, held: Published) -> Outcome[str | None]:
        """Nothing to read back."""
        return Done(value=None)

    async def publish(self, document: Document, held: Published | None) -> Outcome[Published]:
        """Share this version, unless it is there already."""
        version = hashlib.sha256(document.markdown.encode("utf-8", "replace")).hexdigest()[:16]
        if held is not None and held.ref.endswith(f" {version}"):
            return Done(value=held)
        incident = await self._record.incident(document.incident_id)
        place = _thread(incident)
        if place is None:
            return _NO_PLACE
        if document.private and place.channel_id != incident.surface.channel_id:
            return _NOT_PRIVATE
        if incident.surface.archived:
            return _ARCHIVED if held is None else Done(value=held)
        return await self._share(document, held, incident, place, version)

    async def _share(
        self, document: Document, held: Published | None, incident: Incident, place: Shown,
        version: str,
    ) -> Outcome[Published]:  # fmt: skip
        draft = incident.living.draft
        key = f"{incident.id}:postmortem:slack:{draft.seq if draft else 0}:{version}"
        earlier = await self._record.claim(key, self._clock.now())
        if earlier is not None and key not in self._refused:
            return _UNKNOWN
        self._refused.discard(key)
        title = f"{document.title} (newer version)" if held else document.title
        data = document.markdown.encode("utf-8", "replace")
        outcome = await self._room.share(
            place.channel_id, place.ts, f"{document.stem}.md", data, title
        )
        match outcome:
            case Done(value=file_id):
                return Done(value=Published(url="", ref=f"{file_id} {version}"))
            case Refused():
                self._refused.add(key)
                return outcome
            case _:
                return outcome


def _thread(incident: Incident) -> Shown | None:
    """The card, where it stands in a channel that is still in use."""
    return None if incident.surface.abandoned else incident.surface.messages.get("card")
