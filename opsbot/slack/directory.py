"""From a person to a Slack account: a configured id, the account with their address, or the one
they acted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbot.core.people import Person, slack_account
from opsbot.core.text import inert
from opsbot.ports import Clock, Done, Refused, Unsure
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.gateway import Answer, Gateway
from opsbot.slack.turns import Priority

LOOKUP, INFO = "users.lookupByEmail", "users.info"
_FOUND_FOR = 3600.0  # seconds an account is remembered
_ABSENT_FOR = 300.0  # seconds it is remembered that there is none: somebody may be fixing it
_MOST_REMEMBERED = 10_000
_MAP = "or write their Slack id under slack.people in opsbot.yaml"

NO_ADDRESS = f"no e-mail address in the pager: add one there, {_MAP}"
NO_ACCOUNT = f"no active Slack account has their pager address: correct the address, {_MAP}"
UNSEEN = "Slack shows opsbot no such account: invite them by hand if wanted"
DEACTIVATED = "their Slack account is deactivated: page somebody else, or ask a workspace admin"
SINGLE_CHANNEL_GUEST = (
    "they are a single-channel guest, whom Slack keeps to one channel: ask a workspace admin"
)
GUEST = "they are a guest, and opsbot brings no guests into rooms: invite them by hand if wanted"
STRANGER = "they belong to another company's workspace: invite them by hand if wanted"
BOT = f"their pager address belongs to a Slack bot: correct the address, {_MAP}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An account that may be invited."""

    slack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """No account that may be invited, and why, with the cure."""

    reason: str


Entry = Found | Absent


class Directory:
    """Looks people up and remembers them; `mapping` gives Slack ids by address or pager id.

    A mapped person is taken at the configuration's word: Slack judges the id at the invitation.
    """

    def __init__(
        self, gateway: Gateway, clock: Clock, mapping: Mapping[str, str] | None = None
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._mapping = {key.strip().lower(): value for key, value in (mapping or {}).items()}
        self._known: dict[str, tuple[float, Entry]] = {}  # address or id -> (until, entry)

    async def find(self, person: Person) -> Entry | Refused | Unsure:
        """Find the person's account. Refused only when asking again later may answer."""
        address = person.email.strip().lower()
        mapped = self._mapping.get(address) or self._mapping.get(person.id.strip().lower())
        if mapped:
            return Found(slack_id=mapped)
        if account := slack_account(person.id):
            return await self._asked(person.id, INFO, {"user": account})
        if not _is_address(address):
            return Absent(reason=NO_ADDRESS)
        return await self._asked(address, LOOKUP, {"email": address})

    async def _asked(
        self, key: str, method: str, arguments: Mapping[str, str]
    ) -> Entry | Refused | Unsure:
        until, entry = self._known.get(key, (0.0, None))
        if entry is not None and until > self._clock.monotonic():
            return entry
        return self._remembered(
            key, await self._gateway.call(method, arguments, priority=Priority.ROOM)
        )

    def _remembered(self, key: str, answer: Answer) -> Entry | Refused | Unsure:
        match answer:
            case Done(value=value):
                entry = _judged(as_object(value.get("user")))
            case Refused(error="users_not_found"):
                entry = Absent(reason=NO_ACCOUNT)
            case Refused(error="user_not_found" | "user_not_visible"):
                entry = Absent(reason=UNSEEN)
            case Refused(retry_after=None, cure=cure):
                return Absent(reason=cure)  # a missing scope, say: not worth remembering
            case _:
                return answer
        now = self._clock.monotonic()
        if len(self._known) >= _MOST_REMEMBERED:
            self._known = {k: kept for k, kept in self._known.items() if kept[0] > now}
        lasts = _FOUND_FOR if isinstance(entry, Found) else _ABSENT_FOR
        if len(self._known) < _MOST_REMEMBERED:
            self._known[key] = (now + lasts, entry)
        return entry


def _is_address(address: str) -> bool:
    return "@" in address[1:-1] and len(address) <= 320 and inert(address, 320) == address


def _judged(user: Mapping[str, Any]) -> Entry:
    """Who may be invited (Slack page "User object"). A deactivated account shows no other flags."""
    slack_id = text_at(user, "id")
    refusals = (
        (not slack_id, NO_ACCOUNT),
        (user.get("deleted") is True, DEACTIVATED),
        (user.get("is_bot") is True, BOT),
        (user.get("is_stranger") is True, STRANGER),
        (user.get("is_ultra_restricted") is True, SINGLE_CHANNEL_GUEST),
        (user.get("is_restricted") is True, GUEST),
    )
    for refused, reason in refusals:
        if refused:
            return Absent(reason=reason)
    return Found(slack_id=slack_id)
