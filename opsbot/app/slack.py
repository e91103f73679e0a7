"""The Slack side: the gateway as the one way out, and what rooms and people need of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

from opsbot.app.metrics import Metrics
from opsbot.config import Settings
from opsbot.core.policy_who import groups_named
from opsbot.core.runbook import Runbook
from opsbot.http_client import proxy_for
from opsbot.http_client.tls import trust
from opsbot.ports import Clock, Done, Refused, Secret, Unsure
from opsbot.slack.accounts import Accounts
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway
from opsbot.slack.payloads_claims import Ourselves
from opsbot.slack.people import SlackPeople
from opsbot.slack.room import SlackRoom
from opsbot.slack.turns import PATIENCE

log = logging.getLogger(__name__)
_QUIET = 300.0  # seconds; after so long without a call that was done, Slack is asked


@dataclass(slots=True, kw_only=True)
class SlackSide:
    """What the rest of opsbot needs of Slack. `room` is None without a bot token."""

    settings: Settings
    clock: Clock
    gateway: Gateway | None = None
    room: SlackRoom | None = None
    people: SlackPeople | None = None

    def ourselves(self) -> Ourselves:
        """What is known of us by now; auth.test may not have been answered yet."""
        emoji = frozenset(self.settings.slack.pin_emoji)
        known = self.room.identity.known if self.room else None
        if known is None:
            return Ourselves(emoji=emoji)
        return Ourselves(
            bot_user_id=known.bot_user_id,
            bot_id=known.bot_id,
            team_id=known.team_id,
            enterprise_id=known.enterprise_id,
            emoji=emoji,
        )

    async def problem(self) -> str:
        """Why people are not being reached; empty when Slack answers."""
        if self.room is None or self.gateway is None:
            return "no bot token is configured"
        last = self.gateway.last_ok_at
        recent = last is not None and (self.clock.now() - last).total_seconds() < _QUIET
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


async def build_slack(
    settings: Settings, clock: Clock, metrics: Metrics, runbooks: Sequence[Runbook] = ()
) -> SlackSide:
    """Open the gateway; an absent token leaves opsbot recording, and saying so."""
    slack, http = settings.slack, settings.http
    if not slack.bot_token.secrets:
        log.warning("no Slack bot token: pages go on the record, and nobody is told of them")
        return SlackSide(settings=settings, clock=clock)
    token: Secret = slack.bot_token.secrets[0]
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
    room = SlackRoom(gateway, Directory(gateway, clock, slack.people), clock)
    accounts = Accounts(gateway, room.identity, clock, groups_of(settings, runbooks))
    people = SlackPeople(gateway, room.identity, accounts)
    match await room.start():
        case Refused(error=error, cure=cure):
            log.error("Slack refuses the bot token (%s): %s", error, cure)
        case Unsure(reason=reason):
            log.warning("Slack does not answer yet (%s); rooms will be caught up", reason)
        case Done(value=identity):
            log.info("Slack knows us as %s in %s", identity.bot_user_id, identity.team_name)
    return SlackSide(settings=settings, clock=clock, gateway=gateway, room=room, people=people)


def groups_of(settings: Settings, runbooks: Sequence[Runbook]) -> tuple[str, ...]:
    """The ids of every user group that a rule names, each once: permissions, policy, runbooks."""
    asked = [runbook.approval.by for runbook in runbooks]
    return tuple(
        dict.fromkeys(
            [
                *(group for row in settings.permissions for group in row.groups),
                *groups_named(settings.policy),
                *(group for who in asked if who is not None for group in who.groups),
            ]
        )
    )
