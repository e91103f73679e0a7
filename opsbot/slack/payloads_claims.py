"""What Slack's payloads claim, narrowed: ids that can be ids, words within bounds, moments near
ours, and which workspace a caller belongs to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from opsbot.core.invocation import Caller
from opsbot.core.text import cut, inert
from opsbot.slack.foreign_json import as_object, objects, text_at

LONGEST_WORDS = 4_000  # code points; Slack's own bound for one plain message
PUSHPINS = frozenset({"pushpin", "round_pushpin"})

_LONGEST_ID = 255  # Slack's bound for block_id, action_id and callback_id
_LONGEST_ADDRESS = 1_000
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HALVES = re.compile("[\ud800-\udfff]")
# Slack's "Delayed Events" are tried again for 24 hours.
_NEAR = 26 * 3600.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ourselves:
    """What opsbot knows of itself in Slack; empty until auth.test was answered.

    `emoji` are the reactions that put a message on the timeline, without colons.
    """

    bot_user_id: str = ""
    bot_id: str = ""
    team_id: str = ""
    enterprise_id: str = ""
    emoji: frozenset[str] = PUSHPINS


NOBODY = Ourselves()


def is_id(claim: str) -> bool:
    """Whether it can be one of our ids or Slack's: short, and nothing hidden in it."""
    return len(claim) <= _LONGEST_ID and inert(claim, _LONGEST_ID) == claim


def are_ids(*claims: str) -> bool:
    """Whether each of these can be an id; an empty one can."""
    return all(is_id(claim) for claim in claims)


def is_name(claim: str) -> bool:
    """Whether it can be a verb or a parameter of ours."""
    return _NAME.fullmatch(claim) is not None


def words(text: str, limit: int = LONGEST_WORDS) -> str:
    """Somebody's words, bounded; half characters, which no database takes, are replaced."""
    return cut(_HALVES.sub("\ufffd", text), limit)


def texts(value: object) -> list[str]:
    """The texts of a JSON list."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


def address_at(found: Mapping[str, Any], key: str) -> str:
    """An http address, or nothing; it is Slack's own, because Slack signed it."""
    address = text_at(found, key)
    fits = len(address) <= _LONGEST_ADDRESS and inert(address, _LONGEST_ADDRESS) == address
    return address if fits and address.startswith(("https://", "http://")) else ""


def moment(ts: object, received_at: datetime) -> datetime:
    """When Slack says it happened, if that is a time near ours; else when it arrived."""
    if not isinstance(ts, str | int | float):
        return received_at
    try:
        seconds = float(ts)
        if not math.isfinite(seconds) or abs(received_at.timestamp() - seconds) > _NEAR:
            return received_at
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return received_at


def user_in(payload: Mapping[str, Any]) -> Caller:
    """Who pressed or submitted, from an interaction's `user`."""
    user = as_object(payload.get("user"))
    claimed = text_at(user, "team_id") or text_at(as_object(payload.get("team")), "id")
    return Caller(
        user_id=text_at(user, "id"),
        name=inert(text_at(user, "username", "name"), 80),
        team_id=workspace_of(claimed, payload),
    )


def workspace_of(claimed: str, payload: Mapping[str, Any]) -> str:
    """The workspace behind a caller's claimed `team_id`.

    In an organisation that id may be the organisation's (E...); when it is the one that the
    payload is about, the payload's workspace stands for it. Anybody else keeps their own.
    Source: Slack page "block_suggestion payloads", on `user.team_id`.
    """
    if not claimed.startswith("E"):
        return claimed
    team, org = as_object(payload.get("team")), as_object(payload.get("enterprise"))
    ours = (text_at(org, "id"), text_at(payload, "enterprise_id"), text_at(team, "enterprise_id"))
    if claimed in ours:
        return text_at(team, "id") or text_at(payload, "team_id") or claimed
    if claimed == text_at(payload, "context_enterprise_id"):
        return text_at(payload, "context_team_id") or claimed
    return claimed


def workspaces_in(payload: Mapping[str, Any]) -> frozenset[str]:
    """Every workspace an event is said to be for, and the organisation of an installation in all
    of its workspaces.

    In a channel shared with another company the outer `team_id` may be theirs, and of several
    installations that see an event `authorizations` names only one. Source: Slack pages "Events
    API" and "Slack Connect".
    """
    said = [text_at(payload, "team_id"), text_at(payload, "context_team_id")]
    said.append(text_at(as_object(payload.get("event")), "team"))
    for installed in objects(payload.get("authorizations")):
        said.append(text_at(installed, "team_id"))
        if installed.get("is_enterprise_install") is True:
            said.append(text_at(installed, "enterprise_id"))
    return frozenset(one for one in said if one)


def our_users(payload: Mapping[str, Any], ourselves: Ourselves) -> frozenset[str]:
    """Our own user ids: the one we know, and those the event says it was sent to."""
    installed = objects(payload.get("authorizations"))
    said = {text_at(one, "user_id") for one in installed if one.get("is_bot") is True}
    return frozenset({ourselves.bot_user_id, *said} - {""})
