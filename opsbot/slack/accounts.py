"""Who an account is right now: member, guest or stranger, their zone, address and user groups.

Looked up and remembered for a while; nothing that a payload says of its sender counts, but that
it belongs to another workspace than ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from zoneinfo import available_timezones

from opsbot.core.invocation import Caller
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.ports import Clock, Done, Outcome
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.turns import Priority

_FRESH_FOR = 300.0  # seconds a look-up counts without asking again
_HELD_FOR = 86_400.0  # seconds it counts while Slack does not answer
_MOST_REMEMBERED = 20_000
_ZONES = available_timezones()


class Accounts:
    """Standings by Slack id; `groups` are the user groups that rules name."""

    def __init__(
        self, gateway: Gateway, identity: OwnIdentity, clock: Clock, groups: Sequence[str] = ()
    ) -> None:
        self._gateway, self._identity, self._clock = gateway, identity, clock
        self._groups = tuple(groups)
        self._known: dict[str, tuple[float, Standing]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    def remembered(self, user_id: str) -> Standing | None:
        """What is known without asking, however old within a day."""
        at, standing = self._known.get(user_id, (0.0, None))
        held = standing is not None and self._clock.monotonic() - at < _HELD_FOR
        return standing if held else None

    async def standing(self, caller: Caller) -> Outcome[Standing]:
        """The caller's standing; Refused or Unsure only when Slack cannot be asked and nothing
        is remembered."""
        at, standing = self._known.get(caller.user_id, (0.0, None))
        if standing is None or self._clock.monotonic() - at >= _FRESH_FOR:
            answer = await self._gateway.call(
                "users.info", {"user": caller.user_id}, priority=Priority.PERSON
            )
            if isinstance(answer, Done):
                standing = _judged(as_object(answer.value.get("user")))
                self._remember(caller.user_id, standing)
            elif (standing := self.remembered(caller.user_id)) is None:
                return answer
        return Done(value=await self._placed(standing, caller))

    def _remember(self, user_id: str, standing: Standing) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[user_id] = (self._clock.monotonic(), standing)

    async def _placed(self, standing: Standing, caller: Caller) -> Standing:
        """With user groups, and as a stranger when the payload names another workspace."""
        if caller.team_id and await self._is_elsewhere(caller.team_id, standing):
            standing = replace(standing, stranger=True)
        found = [g for g in self._groups if standing.slack_id in await self._in_group(g)]
        return replace(standing, groups=frozenset(found))

    async def _is_elsewhere(self, team_id: str, standing: Standing) -> bool:
        identity = await self._identity.ask()
        if not isinstance(identity, Done) or not identity.value.team_id:
            return False
        ours = {identity.value.team_id, identity.value.enterprise_id} - {""}
        return team_id not in ours

    async def _in_group(self, group: str) -> frozenset[str]:
        """A group's members; the last ones known while Slack does not say."""
        at, members = self._members.get(group, (0.0, frozenset[str]()))
        if group in self._members and self._clock.monotonic() - at < _FRESH_FOR:
            return members
        answer = await self._gateway.call(
            "usergroups.users.list", {"usergroup": group}, priority=Priority.PERSON
        )
        if isinstance(answer, Done):
            listed = cast("Sequence[object]", answer.value.get("users") or ())
            members = frozenset(user for user in listed if isinstance(user, str))
            self._members[group] = (self._clock.monotonic(), members)
        return members


def _judged(user: Mapping[str, Any]) -> Standing:
    """Slack page "User object"; a deactivated account shows no other flags."""
    profile = as_object(user.get("profile"))
    name = text_at(user, "real_name") or text_at(profile, "real_name", "display_name")
    name = name or text_at(user, "name")
    zone = text_at(user, "tz")
    return Standing(
        slack_id=text_at(user, "id"),
        name=inert(name, 80),
        zone=zone if zone in _ZONES else "UTC",
        email=inert(text_at(profile, "email"), 254).lower(),
        guest=user.get("is_restricted") is True or user.get("is_ultra_restricted") is True,
        stranger=user.get("is_stranger") is True,
        deactivated=user.get("deleted") is True,
        bot=user.get("is_bot") is True,
    )
