"""Who we are in Slack: the bot's own ids, asked once and kept."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.ports import Done, Outcome
from opsbot.slack.foreign_json import text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.turns import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What auth.test says of our token; `scopes` are the ones the app was granted."""

    bot_user_id: str
    team_id: str
    team_name: str
    scopes: frozenset[str]
    enterprise_id: str = ""
    bot_id: str = ""
    url: str = ""  # the workspace's own address

    @property
    def ours(self) -> frozenset[str]:
        """The workspace and the organisation whose people are ours."""
        return frozenset({self.team_id, self.enterprise_id} - {""})


class OwnIdentity:
    """Asks auth.test when it is first needed, and again only while it has not been answered."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._known: Identity | None = None

    @property
    def known(self) -> Identity | None:
        """What was learnt so far, without asking."""
        return self._known

    async def ask(self) -> Outcome[Identity]:
        """Our identity in the workspace the token belongs to."""
        if self._known is not None:
            return Done(value=self._known)
        answer = await self._gateway.call("auth.test", {}, priority=Priority.ROOM)
        if not isinstance(answer, Done):
            return answer
        team_id = text_at(answer.value, "team_id")
        # A token for a whole organisation belongs to no workspace, so its id may stand there.
        organisation = team_id if team_id.startswith("E") else ""
        self._known = Identity(
            bot_user_id=text_at(answer.value, "user_id"),
            team_id=team_id,
            team_name=text_at(answer.value, "team"),
            scopes=self._gateway.granted_scopes,
            enterprise_id=text_at(answer.value, "enterprise_id") or organisation,
            bot_id=text_at(answer.value, "bot_id"),
            url=text_at(answer.value, "url"),
        )
        return Done(value=self._known)
