"""SlackPeople: the PeopleSurface port on Slack: standings, answers for one person, forms, Home."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from opsbot.cards.form import render_form
from opsbot.cards.home import render_home
from opsbot.cards.render import render
from opsbot.core.card import Card
from opsbot.core.form import Form
from opsbot.core.invocation import Caller, Invocation, Pointed
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.ports import Done, Entered, Outcome, PostedMessage, Refused
from opsbot.slack.accounts import Accounts
from opsbot.slack.errors import Kind, ruling
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.gateway import Answer, Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.payloads_interaction import said_in
from opsbot.slack.turns import Priority

_JSON = "application/json; charset=utf-8"
_INERT: dict[str, Any] = {"parse": "none", "link_names": False, "unfurl_links": False,
                          "unfurl_media": False}  # fmt: skip


class SlackPeople:
    """The other direction: from people to us, and back to the one who asked."""

    def __init__(self, gateway: Gateway, identity: OwnIdentity, accounts: Accounts) -> None:
        self._gateway, self._identity, self.accounts = gateway, identity, accounts

    async def standing(self, caller: Caller, *, fresh: bool = False) -> Outcome[Standing]:
        """Who the caller is, looked up; now, if it has to be `fresh`."""
        return await self.accounts.standing(caller, fresh=fresh)

    async def answer(
        self, asked: Invocation, card: Card, *, incident_id: str = ""
    ) -> Outcome[None]:
        """Show the card to the caller alone: where they asked, else in their direct messages.

        The response URL is tried first: it needs no budget and works where we are not a member
        (Slack page "Handling user interaction": five uses within thirty minutes).
        """
        rendered = render(card, button_value=incident_id)
        content = {"text": rendered.text, "blocks": list(rendered.blocks)}
        if asked.response_url:
            body = {"response_type": "ephemeral", "replace_original": asked.place.ephemeral,
                    **content}  # fmt: skip
            sent = await self._gateway.post(asked.response_url, json.dumps(body).encode(), _JSON)
            if not isinstance(sent, Refused):
                return sent
        user, place = asked.caller.user_id, asked.place
        if place.channel_id and not place.is_direct:
            shown = await self._beside(place.channel_id, user, content, place.thread_ts)
            if not isinstance(shown, Refused):
                return shown
        # A direct message between two people is closed to us; our own with the asker is not.
        said = await self._directly(user, content)
        return Done(value=None) if isinstance(said, Done) else said

    async def whisper(
        self, channel_id: str, user_id: str, card: Card, *, incident_id: str = ""
    ) -> Outcome[PostedMessage | None]:
        """Show the card to one person: in the channel when they are in it, else, or without a
        channel, in a direct message. Refused with the time to come back while Slack is busy."""
        rendered = render(card, button_value=incident_id)
        content = {"text": rendered.text, "blocks": list(rendered.blocks)}
        if channel_id and not channel_id.startswith("D"):
            shown = await self._beside(channel_id, user_id, content)
            if not (isinstance(shown, Refused) and shown.retry_after is None):
                return shown
        return await self._directly(user_id, content)

    async def _beside(
        self, channel_id: str, user: str, content: dict[str, Any], thread_ts: str = ""
    ) -> Outcome[None]:
        """In the channel, seen by one member of it, until they reload."""
        target = {"channel": channel_id, "user": user, **_INERT}
        if thread_ts:
            target["thread_ts"] = thread_ts
        answer = await self._say("chat.postEphemeral", target, content)
        return Done(value=None) if isinstance(answer, Done) else answer

    async def _directly(self, user: str, content: dict[str, Any]) -> Outcome[PostedMessage | None]:
        """In our direct messages with somebody. Slack page "chat.postMessage": a user's id as the
        channel opens them, which needs no scope of its own."""
        target = {"channel": user, "mrkdwn": False, **_INERT}
        answer = await self._say("chat.postMessage", target, content)
        if not isinstance(answer, Done):
            return answer
        channel, ts = text_at(answer.value, "channel"), text_at(answer.value, "ts")
        return Done(value=PostedMessage(channel_id=channel, ts=ts) if channel and ts else None)

    async def _say(self, method: str, target: dict[str, Any], content: dict[str, Any]) -> Answer:
        """Send blocks; when Slack finds fault with them, the plain text alone."""
        channel = target["channel"] if method == "chat.postMessage" else ""
        answer = await self._ask(method, {**target, **content}, channel)
        if isinstance(answer, Refused) and ruling(method, answer.error).kind is Kind.BUG:
            return await self._ask(method, {**target, "text": content["text"]}, channel)
        return answer

    async def open_form(self, trigger_id: str, form: Form) -> Outcome[None]:
        """Open the form; the trigger lives three seconds and works once."""
        return await self._call("views.open", {"trigger_id": trigger_id, "view": render_form(form)})

    async def show_home(self, user_id: str, cards: Sequence[tuple[Card, str]]) -> Outcome[None]:
        """Draw somebody's Home tab."""
        return await self._call("views.publish", {"user_id": user_id, "view": render_home(cards)})

    async def react(self, channel_id: str, ts: str, emoji: str) -> Outcome[None]:
        """Put a reaction on a message; one that stands stays so."""
        arguments = {"channel": channel_id, "timestamp": ts, "name": emoji}
        return await self._call("reactions.add", arguments)

    async def message(self, channel_id: str, ts: str) -> Outcome[Pointed]:
        """Read one message, in a thread or not, that a reaction points at."""
        only = {"channel": channel_id, "latest": ts, "oldest": ts, "inclusive": True}
        # A thread's first message comes with whatever is asked for of it.
        for method, more in (("conversations.history", {"limit": 1}),
                             ("conversations.replies", {"limit": 2, "ts": ts})):  # fmt: skip
            answer = await self._gateway.call(method, {**only, **more}, priority=Priority.PERSON)
            if isinstance(answer, Refused) and answer.error == "thread_not_found":
                break
            if not isinstance(answer, Done):
                return answer
            for found in objects(answer.value.get("messages")):
                if text_at(found, "ts") == ts:
                    return Done(value=_pointed(channel_id, found))
        return Refused(error="message_not_found", cure="The message is no longer there.")

    async def enter(self, channel_id: str) -> Outcome[Entered]:
        """Become a member of a public channel, or find that we are one."""
        answer = await self._gateway.call(
            "conversations.join", {"channel": channel_id}, priority=Priority.PERSON
        )
        if isinstance(answer, Refused) and answer.error == "method_not_supported_for_channel_type":
            answer = await self._gateway.call(
                "conversations.info", {"channel": channel_id}, priority=Priority.PERSON
            )
        if not isinstance(answer, Done):
            return answer
        channel = as_object(answer.value.get("channel"))
        private = channel.get("is_private") is True
        return Done(value=Entered(name=text_at(channel, "name"), private=private))

    async def permalink(self, channel_id: str, ts: str) -> str:
        """The message's address in the workspace; empty while we do not know the workspace."""
        identity = await self._identity.ask()
        if not isinstance(identity, Done) or not identity.value.url.startswith("http"):
            return ""
        return f"{identity.value.url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"

    async def _call(self, method: str, arguments: dict[str, Any]) -> Outcome[None]:
        answer = await self._ask(method, arguments)
        return Done(value=None) if isinstance(answer, Done) else answer

    async def _ask(self, method: str, arguments: dict[str, Any], channel: str = "") -> Answer:
        return await self._gateway.call(
            method, arguments, priority=Priority.PERSON, channel=channel
        )


def _pointed(channel_id: str, message: Any) -> Pointed:
    files = objects(message.get("files"))
    return Pointed(
        channel_id=channel_id,
        ts=text_at(message, "ts"),
        author_id=text_at(message, "user"),
        text=inert(said_in(message), 3_000),
        thread_ts=text_at(message, "thread_ts"),
        files=len(list(files)),
    )
