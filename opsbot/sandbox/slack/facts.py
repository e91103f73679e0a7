"""What Slack's pages say about each Web API method and each limit, read once from facts.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFacts:
    """One Web API method: its arguments, scopes (any one suffices), tier and error names."""

    name: str
    per_minute: int
    takes_json: bool
    required: tuple[str, ...]
    known: frozenset[str]
    scopes: tuple[str, ...]
    errors: frozenset[str]


_TABLE: dict[str, Any] = json.loads(
    Path(__file__).with_name("facts.json").read_text(encoding="utf-8")
)

COMMON_ERRORS: frozenset[str] = frozenset(_TABLE["common_errors"])
LIMITS: dict[str, int] = _TABLE["limits"]
BLOCK_LIMITS: dict[str, int] = _TABLE["block_limits"]

# What opsbot's app manifest asks for; the sandbox grants these by default.
MANIFEST_SCOPES: frozenset[str] = frozenset(
    """app_mentions:read bookmarks:read bookmarks:write canvases:write channels:history
    channels:join channels:manage channels:read chat:write chat:write.public commands files:write
    groups:history groups:read groups:write im:history im:write pins:read pins:write
    reactions:read reactions:write team:read usergroups:read users:read
    users:read.email""".split()  # noqa: SIM905 - a list of quoted words is harder to compare
)

# Called with the app-level token (xapp-...) and with no other; every other method refuses that one.
APP_LEVEL: frozenset[str] = frozenset({"apps.connections.open"})

# users:read.email is only granted together with users:read (Slack scope page users:read.email).
ALSO_NEEDED: dict[str, str] = {"users.lookupByEmail": "users:read"}

# What a missing required argument is answered with, where the method page names its own error.
MISSING_ARGUMENT: dict[tuple[str, str], str] = {
    ("conversations.create", "name"): "invalid_name_required",
    ("conversations.rename", "name"): "invalid_name_required",
    ("conversations.invite", "users"): "no_user",
    ("conversations.replies", "ts"): "thread_not_found",
    ("reactions.add", "timestamp"): "no_item_specified",
    ("users.info", "user"): "user_not_found",
    ("files.info", "file"): "file_not_found",
    ("files.getUploadURLExternal", "filename"): "missing_argument",
    ("files.getUploadURLExternal", "length"): "missing_argument",
}


def _read(name: str, row: dict[str, Any]) -> MethodFacts:
    observed: list[str] = _TABLE["observed_errors"].get(name, [])
    return MethodFacts(
        name=name,
        per_minute=row["per_minute"],
        takes_json=row["json"],
        required=tuple(row["required"]),
        known=frozenset([*row["required"], *row["optional"]]),
        scopes=tuple(row["scopes"]),
        errors=frozenset([*row["errors"], *observed]) | COMMON_ERRORS,
    )


METHODS: dict[str, MethodFacts] = {
    name: _read(name, row) for name, row in _TABLE["methods"].items()
}


def error_for_missing(method: MethodFacts, argument: str) -> str:
    """Name the error Slack answers when a required argument is absent."""
    own = MISSING_ARGUMENT.get((method.name, argument))
    if own is not None:
        return own
    if argument in {"channel", "channel_id"} and "channel_not_found" in method.errors:
        return "channel_not_found"
    return "invalid_arguments"
