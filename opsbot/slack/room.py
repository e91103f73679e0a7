"""SlackRoom: what a room needs of Slack, as the RoomSurface port. Nothing here is remembered but
who we are: what stands in Slack is the record's to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from opsbot.cards.address import safe_url
from opsbot.cards.plain import bookmark_title, topic_text
from opsbot.core.card import Card
from opsbot.core.people import Person
from opsbot.ports import (
    Clock,
    Done,
    InviteResult,
    OpenedChannel,
    Outcome,
    PostedMessage,
    Refused,
)
from opsbot.slack.channels import Channels, Wanted
from opsbot.slack.directory import Directory
from opsbot.slack.foreign_json import objects, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import Identity, OwnIdentity
from opsbot.slack.invitation import Invitations
from opsbot.slack.messages import Messages, Place
from opsbot.slack.turns import Priority
from opsbot.slack.uploads import Uploads


class SlackRoom:
    """Rooms in the workspace the gateway's token belongs to."""

    def __init__(self, gateway: Gateway, directory: Directory, clock: Clock) -> None:
        self._gateway = gateway
        self._identity = self.identity = OwnIdentity(gateway)
        self._channels = Channels(gateway, self._identity, clock)
        self._messages = Messages(gateway, self._identity, clock)
        self._invitations = Invitations(gateway, directory)
        self._uploads = Uploads(gateway)
        self._bookmarking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def start(self) -> Outcome[Identity]:
        """Ask Slack who we are; when it cannot say now, it is asked again when that matters."""
        return await self._identity.ask()

    async def ping(self) -> Outcome[None]:
        """Ask Slack anew whether it takes our token; nothing of the answer is kept."""
        return await self._done("auth.test", {}, Priority.ROOM)

    async def open_channel(
        self,
        names: Sequence[str],
        *,
        private: bool,
        opened_at: datetime,
        look_first: bool,
        taken: Callable[[str], Awaitable[bool]],
        stem: str = "",
    ) -> Outcome[OpenedChannel]:
        """Create the first channel whose name is free, or adopt ours from an earlier try."""
        wanted = Wanted(names=names, stem=stem, private=private, opened_at=opened_at, taken=taken)
        return await self._channels.open(wanted, look_first=look_first)

    async def post(
        self,
        channel_id: str,
        card: Card,
        *,
        slot: str,
        incident_id: str,
        thread_ts: str = "",
        look_first: datetime | None = None,
        urgent: bool = False,
    ) -> Outcome[PostedMessage]:
        """Post a card; with `look_first`, unless it already stands there since that time."""
        later = Priority.EVIDENCE if thread_ts else Priority.STATE
        place = Place(
            channel_id=channel_id,
            slot=slot,
            incident_id=incident_id,
            thread_ts=thread_ts,
            priority=Priority.ROOM if urgent else later,
        )
        return await self._messages.post(place, card, look_first=look_first)

    async def say(self, channel_id: str, card: Card) -> Outcome[PostedMessage]:
        """Post a card that is never edited and belongs to no incident."""
        return await self._messages.post(Place(channel_id=channel_id), card, look_first=None)

    async def edit(
        self, channel_id: str, ts: str, card: Card, *, incident_id: str
    ) -> Outcome[None]:
        """Replace what a message of ours shows."""
        return await self._messages.edit(channel_id, ts, card, incident_id=incident_id)

    async def invite(self, channel_id: str, people: Sequence[Person]) -> Outcome[InviteResult]:
        """Bring people in; see Invitations.invite for those who cannot be."""
        return await self._invitations.invite(channel_id, people)

    async def set_topic(self, channel_id: str, topic: str) -> Outcome[None]:
        """Set the topic, made inert and short enough."""
        arguments = {"channel": channel_id, "topic": topic_text(topic)}
        return await self._done("conversations.setTopic", arguments, Priority.COSMETIC)

    async def pin(self, channel_id: str, ts: str) -> Outcome[None]:
        """Pin a message; one that is pinned stays so."""
        arguments = {"channel": channel_id, "timestamp": ts}
        return await self._done("pins.add", arguments, Priority.COSMETIC)

    async def bookmark(self, channel_id: str, title: str, url: str) -> Outcome[None]:
        """Add a link to the channel's header bar, unless it has it: Slack takes any number."""
        link = safe_url(url)
        if not link:
            return Refused(
                error="invalid_link",
                cure=f"The address of the bookmark '{bookmark_title(title)}' is no http or https "
                "address: correct it in opsbot.yaml.",
            )
        # Slack refuses bookmarks added at once, and a look before adding must not be overtaken.
        lock = self._bookmarking.setdefault(channel_id, asyncio.Lock())
        async with lock:
            return await self._bookmark(channel_id, bookmark_title(title) or "link", link)

    async def archive(self, channel_id: str) -> Outcome[None]:
        """Archive the channel; an archived one stays so."""
        return await self._done("conversations.archive", {"channel": channel_id}, Priority.STATE)

    async def unarchive(self, channel_id: str) -> Outcome[None]:
        """Bring the channel back; one that is in use stays so."""
        return await self._done("conversations.unarchive", {"channel": channel_id}, Priority.ROOM)

    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]:
        """Give Slack a picture to show in messages; its file id."""
        return await self._uploads.upload(name, image, alt)

    async def share(
        self, channel_id: str, thread_ts: str, name: str, data: bytes, title: str
    ) -> Outcome[str]:
        """Put a file into a thread; its file id. Not to be repeated without a look."""
        return await self._uploads.share(channel_id, thread_ts, name, data, title)

    async def _bookmark(self, channel_id: str, title: str, link: str) -> Outcome[None]:
        answer = await self._gateway.call(
            "bookmarks.list", {"channel_id": channel_id}, priority=Priority.COSMETIC
        )
        if not isinstance(answer, Done):
            return answer
        if any(text_at(one, "link") == link for one in objects(answer.value.get("bookmarks"))):
            return Done(value=None)
        arguments = {"channel_id": channel_id, "title": title, "type": "link", "link": link}
        return await self._done("bookmarks.add", arguments, Priority.COSMETIC)

    async def _done(
        self, method: str, arguments: Mapping[str, Any], priority: Priority
    ) -> Outcome[None]:
        answer = await self._gateway.call(method, arguments, priority=priority)
        return Done(value=None) if isinstance(answer, Done) else answer
