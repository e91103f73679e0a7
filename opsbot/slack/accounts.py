"""Who an account is right now: member, guest or stranger, their zone, address and user groups.

Looked up and remembered for a while; nothing that a payload says of its sender counts, but that
it belongs to another workspace than ours. Whom nothing shows to be of ours is a stranger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast
from zoneinfo import available_timezones

from opsbot.core.invocation import Caller
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.ports import Clock, Done, Outcome, Refused, Unsure
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.turns import Priority

_FRESH_FOR = 300.0  # seconds a look-up counts without asking again
_HELD_FOR = 86_400.0  # seconds it counts while Slack does not answer
_MOST_REMEMBERED = 20_000
_SOON = timedelta(seconds=3)
_TRY_AGAIN = "Slack did not say who this is: try again in a moment."
_ZONES = available_timezones()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """One look-up; `colleague` when Slack names our organisation as the account's own."""

    at: float  # on the monotonic clock, seconds
    standing: Standing
    colleague: bool


class Accounts:
    """Standings by Slack id; `groups` are the user groups that rules name."""

    def __init__(
        self, gateway: Gateway, identity: OwnIdentity, clock: Clock, groups: Sequence[str] = ()
    ) -> None:
        self._gateway, self._identity, self._clock = gateway, identity, clock
        self._groups = tuple(groups)
        self._known: dict[str, _Account] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    def remembered(self, user_id: str) -> Standing | None:
        """What is known without asking, however old within a day."""
        known = self._held(user_id)
        return known.standing if known else None

    async def standing(self, caller: Caller, *, fresh: bool = False) -> Outcome[Standing]:
        """The caller's standing; Refused or Unsure only when Slack cannot be asked and nothing
        is remembered. Until Slack has said which workspace is ours, nobody is known to be of it.

        With `fresh`, account and user groups are asked for now, and what is remembered does not
        count: Refused when Slack cannot say.
        """
        identity = await self._identity.ask()
        if not isinstance(identity, Done):
            return identity
        ours = identity.value.ours
        account = self._known.get(caller.user_id)
        if fresh or account is None or self._clock.monotonic() - account.at >= _FRESH_FOR:
            answer = await self._gateway.call(
                "users.info", {"user": caller.user_id}, priority=Priority.PERSON
            )
            if isinstance(answer, Done):
                account = self._remember(caller, as_object(answer.value.get("user")), ours)
            elif fresh:
                return _not_now(answer)
            elif (account := self._held(caller.user_id)) is None:
                return answer
        return await self._placed(account, caller, ours, fresh=fresh)

    def _held(self, user_id: str) -> _Account | None:
        account = self._known.get(user_id)
        held = account is not None and self._clock.monotonic() - account.at < _HELD_FOR
        return account if held else None

    def _remember(self, caller: Caller, user: Mapping[str, Any], ours: frozenset[str]) -> _Account:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        account = _Account(
            at=self._clock.monotonic(),
            standing=_judged(user, ours),
            colleague=_is_colleague(user, ours),
        )
        self._known[caller.user_id] = account
        return account

    async def _placed(
        self, account: _Account, caller: Caller, ours: frozenset[str], *, fresh: bool
    ) -> Outcome[Standing]:
        """With user groups, and as a stranger when the payload names another organisation."""
        standing = account.standing
        if caller.team_id and caller.team_id not in ours and not account.colleague:
            standing = replace(standing, stranger=True)
        found: list[str] = []
        for group in self._groups:
            members = await self._in_group(group, fresh=fresh)
            if not isinstance(members, Done):
                return members
            found += [group] if standing.slack_id in members.value else []
        return Done(value=replace(standing, groups=frozenset(found)))

    async def _in_group(self, group: str, *, fresh: bool) -> Outcome[frozenset[str]]:
        """A group's members; the last ones known while Slack does not say, unless they are asked
        for `fresh`. A group that Slack will never tell of then lets nobody in."""
        at, members = self._members.get(group, (0.0, frozenset[str]()))
        recent = group in self._members and self._clock.monotonic() - at < _FRESH_FOR
        if recent and not fresh:
            return Done(value=members)
        answer = await self._gateway.call(
            "usergroups.users.list", {"usergroup": group}, priority=Priority.PERSON
        )
        if isinstance(answer, Done):
            listed = cast("Sequence[object]", answer.value.get("users") or ())
            members = frozenset(user for user in listed if isinstance(user, str))
            self._members[group] = (self._clock.monotonic(), members)
        elif fresh:
            lasting = isinstance(answer, Refused) and answer.retry_after is None
            return Done(value=frozenset[str]()) if lasting else _not_now(answer)
        return Done(value=members)


def _not_now(answer: Refused | Unsure) -> Refused:
    """Asking changes nothing, so an answer that was lost is a refusal for now."""
    if isinstance(answer, Refused):
        return answer
    return Refused(error="no_answer", cure=_TRY_AGAIN, retry_after=_SOON)


def _is_colleague(user: Mapping[str, Any], ours: frozenset[str]) -> bool:
    """Whether the account is of our organisation, in whichever of its workspaces."""
    return text_at(as_object(user.get("enterprise_user")), "enterprise_id") in ours


def _is_stranger(user: Mapping[str, Any], ours: frozenset[str]) -> bool:
    """Slack page "User object": `is_stranger` is false for people of another company as soon as
    they share a channel with us, so the account's own workspace decides."""
    if _is_colleague(user, ours):
        return False
    return user.get("is_stranger") is True or text_at(user, "team_id") not in ours


def _judged(user: Mapping[str, Any], ours: frozenset[str]) -> Standing:
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
        stranger=_is_stranger(user, ours),
        deactivated=user.get("deleted") is True,
        bot=user.get("is_bot") is True,
    )
