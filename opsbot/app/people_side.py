"""People's way in and back: one pipeline behind both transports, the listeners that read what was
stored, and the desk that answers."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from opsbot.app.doorman import Doorman
from opsbot.app.people_desk import PeopleDesk
from opsbot.app.slack import SlackSide
from opsbot.app.store import Unusable
from opsbot.config import Settings
from opsbot.core.verb import Verb
from opsbot.entrypoints.people_pipeline import Hooks, PeoplePipeline
from opsbot.entrypoints.slack_doors import SlackDoor, slack_doors
from opsbot.http_client import proxy_for
from opsbot.http_client.tls import trust
from opsbot.ports import Clock, Delivery, Inbox, Ports, Refused
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.listeners import Listeners
from opsbot.slack.socket_mode import SocketMode

log = logging.getLogger(__name__)
_OF_A_CHANNEL = ("channel_", "group_")  # how Slack's events of a channel's own changes begin


class PeopleSide:
    """Everything between Slack's deliveries and the flows that answer them."""

    def __init__(
        self, settings: Settings, slack: SlackSide, ports: Ports, book: tuple[Verb, ...],
        inbox: Inbox, clock: Clock, doorman: Doorman,
    ) -> None:  # fmt: skip
        self._settings, self._clock, self._doorman = settings, clock, doorman
        self._listeners = Listeners(slack.ourselves)
        self._desk: PeopleDesk | None = None
        hooks = Hooks(ourselves=slack.ourselves)
        if slack.people is not None:
            self._desk = desk = PeopleDesk(ports, book, slack.people.accounts, slack.ourselves)
            hooks = Hooks(
                ourselves=slack.ourselves, validate=desk.validate, suggest=desk.suggest,
                after=desk.after, apologise=desk.apologise,
            )  # fmt: skip
        self._pipeline = PeoplePipeline(inbox, clock, doorman, hooks)
        self.socket = self._socket() if settings.slack.by_socket else None

    @property
    def doors(self) -> dict[str, SlackDoor]:
        """The HTTP doors; they stay open beside Socket Mode and refuse what is not signed."""
        secrets = self._settings.slack.signing_secret.secrets
        if self.socket is not None and not secrets:
            return {}
        return slack_doors(self._pipeline, secrets, self._clock, self._doorman)

    async def handle(self, delivery: Delivery) -> float | None:
        """Do what one stored delivery asks for; seconds to wait when it cannot be done yet."""
        event = await self._listeners.read_stored(delivery)
        if event is None or self._desk is None:
            return None
        return await self._desk.take(event)

    async def start(self) -> None:
        """Connect, when people come by Socket Mode. Raises Unusable for a token that Slack will
        never take, so that a wrong one is seen at boot."""
        if self.socket is None:
            return
        match await self.socket.check():
            case Refused(error=error, cure=cure, retry_after=None):
                raise Unusable(f"Slack refuses the app-level token ({error}): {cure}")
            case Refused(error=error):
                log.warning("Socket Mode is not there yet (%s); opsbot goes on trying", error)
            case _:
                pass
        await self.socket.start()

    async def problem(self) -> str:
        """Why nothing that people do arrives; empty when it does."""
        return await self.socket.problem() if self.socket else ""

    async def stop(self) -> None:
        """Hang up first, then let what was started after acknowledgements end."""
        if self.socket is not None:
            await self.socket.stop()
        await self._pipeline.close()

    def _socket(self) -> SocketMode:
        slack, http = self._settings.slack, self._settings.http
        if not slack.app_token.secrets:
            raise Unusable(
                "slack.receive is socket, but there is no app-level token: set SLACK_APP_TOKEN, or "
                "write `receive: http`"
            )
        return SocketMode(
            token=slack.app_token.secrets[0].read,
            receive=self._pipeline.receive,
            clock=self._clock,
            base_url=slack.api_url,
            proxy_for=lambda url: proxy_for(url, http.environ),
            tls=trust(str(http.ca_bundle or ""), os.environ),
        )


def order_key(delivery: Delivery) -> str:
    """What one person does in one channel is done in their order; nobody waits for somebody else
    of whom Slack does not say who they are. What happens to a channel itself goes by the channel,
    whoever did it: what came last counts there."""
    try:
        payload = as_object(json.loads(delivery.body))
    except (ValueError, RecursionError):
        return delivery.door
    event = as_object(payload.get("event"))
    places = (payload, event, as_object(event.get("item")))
    channel = next((found for place in places if (found := _channel_in(place))), "")
    user = text_at(as_object(payload.get("user")), "id") or text_at(payload, "user_id")
    user = user or text_at(event, "user")
    if text_at(event, "type").startswith(_OF_A_CHANNEL):
        user = ""
    return f"{channel} {user}" if channel or user else delivery.door


def _channel_in(found: Mapping[str, Any]) -> str:
    """The channel's id, in whichever of its places Slack put it."""
    by_object = text_at(as_object(found.get("channel")), "id")
    return by_object or text_at(found, "channel_id", "channel", "old_channel_id")
