"""The fixed channels: are they there, not archived, and can opsbot speak in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opsbot.app.doctor import slack
from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.means import Means
from opsbot.config import Settings
from opsbot.core.entry import Mode
from opsbot.ports import Done, Refused
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.turns import Priority

_COPY_ID = "open the channel, click its name, copy the id at the bottom of 'About'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One configured channel and what it is for."""

    name: str  # digest | ops | shadow
    channel_id: str
    purpose: str
    needed: bool = False
    private: bool = False  # whether only a private one keeps its promise

    async def ask(self, means: Means) -> Finding:
        """Whether opsbot can speak there (conversations.info)."""
        name, key = f"slack.{self.name}", f"slack.{self.name}_channel"
        if not self.channel_id:
            tell = bad if self.needed else warn
            return tell(name, f"{key} is not set: {self.purpose}", f"Write its id: {_COPY_ID}")
        who = await slack.identity(means)
        if means.gateway is None or who is None:
            return skipped(name, slack.NO_TOKEN)
        answer = await means.gateway.call(
            "conversations.info", {"channel": self.channel_id}, priority=Priority.PERSON
        )
        match answer:
            case Done(value=value):
                return self._judged(as_object(value.get("channel")), who.scopes)
            case Refused(error="channel_not_found"):
                return bad(
                    name,
                    f"Slack shows opsbot no channel {self.channel_id}: it is gone, or private "
                    "without opsbot in it",
                    f"Type '/invite @opsbot' there, or correct {key}: {_COPY_ID}",
                )
            case Refused(error=error, cure=cure):
                return bad(name, f"Slack tells nothing of {self.channel_id} ({error})", cure)
            case _:
                return skipped(name, "Slack did not answer in time", "Try again")

    def _judged(self, channel: Mapping[str, Any], scopes: frozenset[str]) -> Finding:
        name, shown = f"slack.{self.name}", f"#{text_at(channel, 'name') or self.channel_id}"
        if channel.get("is_archived") is True:
            fix = f"Unarchive it, or write another id as slack.{self.name}_channel"
            return bad(name, f"{shown} is archived: {self.purpose}", fix)
        if self.private and channel.get("is_private") is not True:
            fix = "Make it private in its settings, or name a private one"
            return warn(name, f"{shown} is public, and takes everything in shadow mode", fix)
        if channel.get("is_member") is True:
            return ok(name, f"opsbot is in {shown}")
        if channel.get("is_private") is not True and "channels:join" in scopes:
            return ok(name, f"{shown} is there; opsbot enters it with its first message")
        return bad(
            name, f"opsbot is not in {shown} and cannot enter it", "Type '/invite @opsbot' there"
        )


def uses(settings: Settings) -> Iterator[Use]:
    """The channels these settings call for."""
    channels, shadow = settings.slack.channels, settings.mode is Mode.SHADOW
    if shadow or channels.shadow:
        yield Use(
            name="shadow", channel_id=channels.shadow, needed=shadow, private=True,
            purpose="in shadow mode it takes everything",
        )  # fmt: skip
    if not shadow or channels.digest:
        yield Use(
            name="digest", channel_id=channels.digest, needed=not shadow,
            purpose="a page that opens no room is shown nowhere else",
        )  # fmt: skip
    yield Use(
        name="ops", channel_id=channels.ops,
        purpose="opsbot tells of its own trouble there",
    )  # fmt: skip
