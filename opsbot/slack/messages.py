"""Posting and editing messages so that a lost answer never leads to a second card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.cards.render import Rendered, render
from opsbot.core.card import Card
from opsbot.core.moment import shifted
from opsbot.ports import Clock, Done, Outcome, PostedMessage, Refused, Unsure
from opsbot.slack.errors import Kind, ruling
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.gateway import Answer, Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.paging import pages
from opsbot.slack.turns import Priority

POST, UPDATE = "chat.postMessage", "chat.update"
EVENT_TYPE = "opsbot"
# A message's ts is Slack's time, the time we look from is ours.
_SKEW = timedelta(seconds=60)
_BEFORE_LOOKING = 1.0  # seconds, for a post that was on its way when its answer was lost
_FILE_TRIES, _FILE_WAIT = 3, 1.0  # seconds between two tries to show a picture
_INERT = {"parse": "none", "link_names": False}
_UNFURL = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes and what it is: `slot` names it within its incident."""

    channel_id: str
    slot: str = ""
    incident_id: str = ""
    thread_ts: str = ""
    priority: Priority = Priority.STATE

    @property
    def metadata(self) -> dict[str, Any]:
        """What the message carries so that it can be found again: ids only, anybody can read it."""
        payload = {"incident": self.incident_id, "slot": self.slot}
        return {"event_type": EVENT_TYPE, "event_payload": payload}


class Messages:
    """Our messages: posted once, found again by their metadata, edited in place."""

    def __init__(self, gateway: Gateway, identity: OwnIdentity, clock: Clock) -> None:
        self._gateway = gateway
        self._identity = identity
        self._clock = clock

    async def post(
        self, place: Place, card: Card, *, look_first: datetime | None
    ) -> Outcome[PostedMessage]:
        """Post the card, or return the message an earlier try posted since `look_first`.

        After a lost answer it looks once; still unknown is Unsure, for the caller to look later.
        When Slack will never let us look (a scope is missing), a card too many beats none at all.
        """
        if look_first is not None:
            found = await self._find(place, look_first)
            if found is not None and not _is_refused_for_good(found):
                return found
        began = self._clock.now()
        outcome = await self._post(place, render(card, button_value=place.incident_id))
        if not isinstance(outcome, Unsure) or not place.slot:
            return outcome
        await self._clock.sleep(_BEFORE_LOOKING)
        found = await self._find(place, began)
        return found if isinstance(found, Done) else outcome

    async def edit(
        self, channel_id: str, ts: str, card: Card, *, incident_id: str
    ) -> Outcome[None]:
        """Replace what a message of ours shows; doing it twice changes nothing."""
        rendered = render(card, button_value=incident_id)
        target = {"channel": channel_id, "ts": ts, **_INERT}
        answer = await self._with_text_instead(
            UPDATE, target, rendered, Place(channel_id=channel_id)
        )
        return Done(value=None) if isinstance(answer, Done) else answer

    async def _post(self, place: Place, rendered: Rendered) -> Outcome[PostedMessage]:
        target: dict[str, Any] = {"channel": place.channel_id, "mrkdwn": False, **_INERT, **_UNFURL}
        if place.thread_ts:
            target["thread_ts"] = place.thread_ts
        if place.slot:
            target["metadata"] = place.metadata
        answer = await self._with_text_instead(POST, target, rendered, place)
        if not isinstance(answer, Done):
            return answer
        ts = text_at(answer.value, "ts")
        if not ts:
            return Unsure(reason=f"{POST}: the answer names no message")
        channel_id = text_at(answer.value, "channel") or place.channel_id
        return Done(value=PostedMessage(channel_id=channel_id, ts=ts))

    async def _with_text_instead(
        self, method: str, target: Mapping[str, Any], rendered: Rendered, place: Place
    ) -> Answer:
        """Send blocks; when Slack finds fault with them, the plain text alone.

        What an incident says must never be lost to its layout.
        """
        whole = {**target, "text": rendered.text, "blocks": list(rendered.blocks)}
        answer = await self._send(method, whole, place)
        tries = _FILE_TRIES if any(block["type"] == "image" for block in rendered.blocks) else 0
        while tries and _is_faulty(method, answer):
            # Slack takes a picture in at its leisure and refuses it in a message until then.
            tries -= 1
            await self._clock.sleep(_FILE_WAIT)
            answer = await self._send(method, whole, place)
        if _is_faulty(method, answer):
            return await self._send(method, {**target, "text": rendered.text}, place)
        return answer

    async def _send(self, method: str, arguments: Mapping[str, Any], place: Place) -> Answer:
        """Send; a public channel we are not in is joined first when Slack asks for that."""
        answer = await self._call(method, arguments, place)
        if not (_is_outside(answer) and await self._join(place)):
            return answer
        return await self._call(method, arguments, place)

    async def _join(self, place: Place) -> bool:
        """Whether we could enter; a private channel has to be opened to us from inside."""
        joined = await self._call("conversations.join", {"channel": place.channel_id}, place)
        return isinstance(joined, Done)

    async def _call(self, method: str, arguments: Mapping[str, Any], place: Place) -> Answer:
        return await self._gateway.call(
            method, arguments, priority=place.priority, channel=place.channel_id
        )

    async def _find(self, place: Place, since: datetime) -> Outcome[PostedMessage] | None:
        """Find our message with the place's metadata, posted since then; None when there is none.

        The author counts too: any app can write the same metadata, but not under our name.
        """
        identity = await self._identity.ask()
        if not isinstance(identity, Done):
            return identity
        author = identity.value.bot_user_id
        found = await self._look(place, since, author)
        if not (_is_outside(found) and await self._join(place)):
            return found
        return await self._look(place, since, author)

    async def _look(
        self, place: Place, since: datetime, author: str
    ) -> Outcome[PostedMessage] | None:
        method = "conversations.replies" if place.thread_ts else "conversations.history"
        arguments: dict[str, Any] = {
            "channel": place.channel_id,
            "oldest": f"{shifted(since, -_SKEW).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": 200,
        }
        if place.thread_ts:
            arguments["ts"] = place.thread_ts
        listing = pages(self._gateway, method, arguments, "messages", priority=place.priority)
        async for page in listing:
            if isinstance(page, Refused | Unsure):
                return page
            for message in page:
                if _is_ours(message, place, author):
                    ts = text_at(message, "ts")
                    return Done(value=PostedMessage(channel_id=place.channel_id, ts=ts))
        return None


def _is_faulty(method: str, answer: Answer) -> bool:
    return isinstance(answer, Refused) and ruling(method, answer.error).kind is Kind.BUG


def _is_outside(outcome: object) -> bool:
    return isinstance(outcome, Refused) and outcome.error == "not_in_channel"


def _is_refused_for_good(outcome: object) -> bool:
    return isinstance(outcome, Refused) and outcome.retry_after is None


def _is_ours(message: Mapping[str, Any], place: Place, author: str) -> bool:
    metadata = as_object(message.get("metadata"))
    payload = as_object(metadata.get("event_payload"))
    return (
        text_at(message, "user") == author != ""
        and text_at(metadata, "event_type") == EVENT_TYPE
        and text_at(payload, "incident") == place.incident_id
        and text_at(payload, "slot") == place.slot
    )
