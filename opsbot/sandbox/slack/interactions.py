"""People pressing buttons: a signed block_actions request to where the app listens."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.foreign_json import objects_in
from opsbot.sandbox.slack.model import Channel, Ephemeral, Json, User
from opsbot.sandbox.slack.response_urls import ResponseUrls, Source
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace

# Slack shows the person an error when the app has not acknowledged within three seconds.
ACK_SECONDS = 3.0
_CARRIED = ("text", "value", "style", "url")


class CannotClick(ValueError):
    """There is no such button for this person to press."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request sent to the app; `status` 0 means no answer within three seconds.

    `at` is Unix seconds, `duration` seconds.
    """

    kind: str
    url: str
    status: int
    body: str
    at: float
    duration: float


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's v0 signature of a raw body (Slack page "Verifying requests from Slack")."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Interactions:
    """Sends what people do to the app; `interactivity_url` is where it listens."""

    def __init__(self, workspace: Workspace, views: ViewStore, *, signing_secret: str) -> None:
        self._workspace = workspace
        self._views = views
        self._secret = signing_secret
        self._session: aiohttp.ClientSession | None = None
        self.response_urls = ResponseUrls(workspace)
        self.interactivity_url: str | None = None
        self.deliveries: list[Delivery] = []

    async def click(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        copies: int = 1,
    ) -> int:
        """Press a button; `copies` above one delivers the same click again, as Slack may.

        `block_id` tells apart buttons of different blocks that share an action id.

        Returns the HTTP status of the last delivery, 0 for none. Raises CannotClick unless the
        person can see the message and the button stands in it now.
        """
        user, channel = self._who_and_where(user_id, channel_id)
        source = self._source(user, channel, message_ts)
        action = self._action(source, action_id, block_id)
        payload = self._payload(user, channel, source, action)
        status = 0
        for _ in range(max(1, copies)):
            status = await self.deliver("block_actions", payload)
        return status

    async def deliver(self, kind: str, payload: Json) -> int:
        """Send one signed interaction payload and return the HTTP status, 0 for none."""
        if self.interactivity_url is None:
            raise CannotClick("The sandbox has no interactivity_url to send the click to.")
        body = urlencode({"payload": json.dumps(payload)}).encode()
        timestamp = str(self._workspace.now())
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        began, at = self._workspace.clock.monotonic(), self._workspace.clock.wall()
        status, answer = await self._post(self.interactivity_url, body, headers)
        self.deliveries.append(
            Delivery(
                kind=kind,
                url=self.interactivity_url,
                status=status,
                body=answer,
                at=at,
                duration=self._workspace.clock.monotonic() - began,
            )
        )
        return status

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ACK_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        try:
            async with self._session.post(url, data=body, headers=headers) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError) as lost:
            return 0, type(lost).__name__

    def _who_and_where(self, user_id: str, channel_id: str) -> tuple[User, Channel]:
        user = self._workspace.users.get(user_id)
        if user is None or user.deleted:
            raise CannotClick(f"The workspace has no active user {user_id}.")
        channel = self._workspace.channels.get(channel_id)
        if channel is None or not self._workspace.can_see(user_id, channel):
            raise CannotClick(f"{user_id} sees no channel {channel_id}.")
        return user, channel

    def _source(self, user: User, channel: Channel, ts: str) -> Source:
        message = self._workspace.message(channel.id, ts)
        if message is not None:
            return message
        for shown in self._workspace.ephemerals:
            if (shown.channel, shown.ts, shown.user) == (channel.id, ts, user.id):
                return shown
        raise CannotClick(f"{user.id} sees no message {ts} in {channel.id}.")

    def _action(self, source: Source, action_id: str, block_id: str | None) -> Json:
        for block in source.blocks:
            if block_id not in (None, block["block_id"]):
                continue
            for _, found in objects_in(block):
                if found.get("type") == "button" and found.get("action_id") == action_id:
                    carried = [name for name in _CARRIED if name in found]
                    return {
                        **{name: found[name] for name in carried},
                        "type": "button",
                        "action_id": action_id,
                        "block_id": block["block_id"],
                        "action_ts": self._workspace.new_ts(),
                    }
        raise CannotClick(f"Message {source.ts} has no button {action_id!r} now.")

    def _payload(self, user: User, channel: Channel, source: Source, action: Json) -> Json:
        workspace = self._workspace
        ephemeral = isinstance(source, Ephemeral)
        container: Json = {
            "type": "message",
            "message_ts": source.ts,
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        }
        if source.thread_ts is not None:
            container["thread_ts"] = source.thread_ts
        payload: Json = {
            "type": "block_actions",
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": "sandbox-verification-token",
            "container": container,
            "trigger_id": self._views.new_trigger(user.id),
            "team": {"id": workspace.team_id, "domain": workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "state": {"values": {}},
            "response_url": self.response_urls.new(user.id, channel, source),
            "actions": [action],
        }
        if not isinstance(source, Ephemeral):
            payload["message"] = render.message(workspace, source)
        return payload
