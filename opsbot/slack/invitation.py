"""Bringing people into a room: one call for all, and nobody kept out by somebody else's account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from opsbot.core.people import Invited, Missing, Person
from opsbot.ports import Done, InviteResult, Outcome, Refused, Unsure
from opsbot.slack.directory import Absent, Directory, Found
from opsbot.slack.errors import Kind, cure_for, ruling
from opsbot.slack.foreign_json import objects, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.turns import Priority

INVITE = "conversations.invite"
# One call takes a hundred ids (method page), and a room of more is no longer a room.
MOST_INVITED = 100
OVER_THE_LIMIT = (
    f"over the limit of {MOST_INVITED} people whom opsbot brings into one room: "
    "invite them by hand if wanted"
)
# Refusals that are about a person, not about the channel or about us.
_PERSONAL = frozenset(
    {
        "already_in_channel", "app_cannot_join_channel", "cant_invite", "cant_invite_self",
        "invitee_cant_see_channel", "no_external_invite_permission", "no_permission",
        "org_user_not_in_team", "ura_max_channels", "user_is_restricted", "user_not_found",
    }
)  # fmt: skip
Refusals = dict[str, str]  # Slack id -> error word


class Invitations:
    """Finds people's accounts and invites them."""

    def __init__(self, gateway: Gateway, directory: Directory) -> None:
        self._gateway = gateway
        self._directory = directory

    async def invite(self, channel_id: str, people: Sequence[Person]) -> Outcome[InviteResult]:
        """Bring people in; whoever cannot be is named with the reason.

        Somebody whose look-up Slack put off is in neither list: call again with them. When nobody
        could be settled at all, the reason for that is the outcome.
        """
        unique = list({person.id: person for person in people}.values())
        asked, beyond = unique[:MOST_INVITED], unique[MOST_INVITED:]
        looked_up = await asyncio.gather(*(self._directory.find(person) for person in asked))
        missing = [_missing(person, OVER_THE_LIMIT) for person in beyond]
        by_account: dict[str, list[Person]] = {}
        put_off: list[Refused | Unsure] = []
        for person, entry in zip(asked, looked_up, strict=True):
            match entry:
                case Found(slack_id=slack_id):
                    by_account.setdefault(slack_id, []).append(person)
                case Absent(reason=reason):
                    missing.append(_missing(person, reason))
                case _:
                    put_off.append(entry)
        refusals = await self._bring_in(channel_id, list(by_account))
        if isinstance(refusals, Refused | Unsure):
            return refusals
        result = _result(by_account, refusals, missing)
        return (
            put_off[0] if put_off and not (result.invited or result.missing) else Done(value=result)
        )

    async def _bring_in(
        self, channel_id: str, accounts: Sequence[str]
    ) -> Refusals | Refused | Unsure:
        """Invite accounts; returns who was refused, with Slack's word."""
        if not accounts:
            return {}
        arguments = {"channel": channel_id, "users": ",".join(accounts), "force": True}
        answer = await self._gateway.call(INVITE, arguments, priority=Priority.ROOM)
        if isinstance(answer, Refused) and answer.error in _PERSONAL:
            return await self._one_by_one(channel_id, accounts, answer.error)
        if not isinstance(answer, Done):
            return answer
        return await self._sorted_out(channel_id, accounts, answer.value)

    async def _sorted_out(
        self, channel_id: str, accounts: Sequence[str], body: Mapping[str, Any]
    ) -> Refusals | Refused | Unsure:
        refused = {
            text_at(error, "user"): text_at(error, "error") or "cant_invite"
            for error in objects(body.get("errors"))
            if error.get("ok") is not True and text_at(error, "user") in accounts
        }
        good = [account for account in accounts if account not in refused]
        if body.get("ok") is True or "error" not in body or not (refused and good):
            return refused
        # `force` should have let the good ones in, but Slack said no to the whole call, and does
        # not document what that means for them. Inviting somebody twice does no harm.
        rest = await self._bring_in(channel_id, good)
        return rest if isinstance(rest, Refused | Unsure) else refused | rest

    async def _one_by_one(
        self, channel_id: str, accounts: Sequence[str], error: str
    ) -> Refusals | Refused | Unsure:
        """A personal refusal that does not say whose: split until it does."""
        if len(accounts) == 1:
            return {accounts[0]: error}
        middle = len(accounts) // 2
        first = await self._bring_in(channel_id, accounts[:middle])
        if isinstance(first, Refused | Unsure):
            return first
        second = await self._bring_in(channel_id, accounts[middle:])
        return second if isinstance(second, Refused | Unsure) else first | second


def _result(
    by_account: Mapping[str, Sequence[Person]], refusals: Refusals, missing: Sequence[Missing]
) -> InviteResult:
    invited: list[Invited] = []
    refused: list[Missing] = []
    for account, people in by_account.items():
        word = refusals.get(account, "")
        for person in people:
            if not word or ruling(INVITE, word).kind is Kind.BENIGN:
                invited.append(Invited(person_id=person.id, slack_id=account, name=person.name))
            else:
                refused.append(_missing(person, cure_for(INVITE, word)))
    return InviteResult(invited=tuple(invited), missing=(*refused, *missing))


def _missing(person: Person, reason: str) -> Missing:
    return Missing(person_id=person.id, name=person.name, reason=reason)
