"""The Slack side: the gateway as the one way out, the interactions door as the way in."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from opsbot.app.metrics import Metrics
from opsbot.config import Settings
from opsbot.core.card import Card, line
from opsbot.core.event import ClickEvent
from opsbot.engine.dispatcher import Parse
from opsbot.entrypoints.doors import Door, Refusal
from opsbot.http_client import proxy_for
from opsbot.http_client.tls import trust
from opsbot.integrations import Secret, SecretUnavailable
from opsbot.ports import Clock, Delivery, Done, Refused, Unsure
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway
from opsbot.slack.interactions import parse_click
from opsbot.slack.room import SlackRoom
from opsbot.slack.signature import RequestRefused, verify
from opsbot.slack.turns import PATIENCE

log = logging.getLogger(__name__)
INTERACTIONS = "slack.interactions"
_LARGEST = 4 * 1024**2
_QUIET = timedelta(minutes=5)  # after so long without a call that was done, Slack is asked


@dataclass(slots=True, kw_only=True)
class SlackSide:
    """What the rest of opsbot needs of Slack. `room` is None without a bot token."""

    room: SlackRoom | None
    gateway: Gateway | None
    clock: Clock
    doors: Mapping[str, Door]
    parsers: Mapping[str, Parse]

    async def whisper(self, event: ClickEvent, text: str) -> None:
        """Answer the presser of a button alone; a failure of it is nobody's loss."""
        if self.room is not None:
            card = Card(header="", lines=(line(text),))
            await self.room.whisper(event.channel_id, event.user_id, card)

    async def problem(self) -> str:
        """Why people are not being reached; empty when Slack answers."""
        if self.room is None or self.gateway is None:
            return "no bot token is configured"
        last = self.gateway.last_ok_at
        recent = last is not None and self.clock.now() - last < _QUIET
        if recent and not self.gateway.failed_since_ok:
            return ""
        match await self.room.ping():
            case Done():
                return ""
            case Refused(error=error):
                return f"Slack answers {error}"
            case Unsure(reason=reason):
                return f"Slack does not answer: {reason}"

    async def close(self) -> None:
        """Close every connection to Slack."""
        if self.gateway is not None:
            await self.gateway.close()


async def build_slack(settings: Settings, clock: Clock, metrics: Metrics) -> SlackSide:
    """Open the gateway; an absent token leaves opsbot recording, and saying so."""
    slack = settings.slack
    door = interactions_door(slack.signing_secret.secrets, clock)
    doors, parsers = {"/slack/interactions": door}, {INTERACTIONS: _click}
    if not slack.bot_token.secrets:
        log.warning("no Slack bot token: pages go on the record, and nobody is told of them")
        return SlackSide(room=None, gateway=None, clock=clock, doors=doors, parsers=parsers)
    token: Secret = slack.bot_token.secrets[0]
    http = settings.http
    gateway = Gateway(
        token=token.read,
        clock=clock,
        base_url=slack.api_url,
        proxy_for=lambda url: proxy_for(url, http.environ),
        tls=trust(str(http.ca_bundle or ""), os.environ),
        observe=metrics.slack_call,
        patience=PATIENCE,
    )
    await gateway.start()
    room = SlackRoom(gateway, Directory(gateway, clock, settings.slack.people), clock)
    match await room.start():
        case Refused(error=error, cure=cure):
            log.error("Slack refuses the bot token (%s): %s", error, cure)
        case Unsure(reason=reason):
            log.warning("Slack does not answer yet (%s); rooms will be caught up", reason)
        case Done(value=identity):
            log.info("Slack knows us as %s in %s", identity.bot_user_id, identity.team_name)
    return SlackSide(room=room, gateway=gateway, clock=clock, doors=doors, parsers=parsers)


def _click(delivery: Delivery) -> ClickEvent | None:
    return parse_click(delivery.body, received_at=delivery.received_at)


def interactions_door(secrets: tuple[Secret, ...], clock: Clock) -> Door:
    """Buttons pressed in Slack, verified by its signature; Slack wants an empty 200."""

    def admit(body: bytes, headers: Mapping[str, str]) -> str:
        now = clock.now()
        try:
            verify(headers, body, secrets=[s.read() for s in secrets], now=now)
            event = parse_click(body, received_at=now)
        except SecretUnavailable:
            cure = "opsbot cannot read its own Slack signing secret"
            raise Refusal(503, "own secret unavailable", cure) from None
        except RequestRefused as refused:
            cure = "check the signing secret of the Slack app against opsbot's, and the clock"
            raise Refusal(refused.status, refused.reason, cure) from None
        if event:
            return f"click:{event.id}"
        return f"ignored:{hashlib.sha256(body).hexdigest()}"

    return Door(name=INTERACTIONS, admit=admit, max_bytes=_LARGEST, lane="person", accepted=200)
