"""Opening a channel so that an answer lost on the way never leads to a second one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import shifted
from opsbot.ports import Clock, Done, OpenedChannel, Outcome, Refused, Unsure
from opsbot.slack.errors import cure_for
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.paging import Page, pages
from opsbot.slack.turns import Priority

CREATE = "conversations.create"
# Slack's clock and ours may differ by this much before our own channel looks older than its reason.
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A channel to open: the first of `names` that is free, made for a reason at `opened_at`.

    `stem` is the head of the names that outlasts a change of title (`inc-12`), empty when only
    the names count. `taken` tells whether another incident already lives in a channel of ours.
    """

    names: Sequence[str]
    stem: str = ""
    private: bool
    opened_at: datetime
    taken: Callable[[str], Awaitable[bool]]


class Channels:
    """Creates channels, and finds the ones we created but never heard of."""

    def __init__(self, gateway: Gateway, identity: OwnIdentity, clock: Clock) -> None:
        self._gateway = gateway
        self._identity = identity
        self._clock = clock

    async def open(self, wanted: Wanted, *, look_first: bool) -> Outcome[OpenedChannel]:
        """Create the channel, or adopt it when an earlier try created it.

        A name another channel holds is given up for the next. One round trip when all goes well.
        When Slack will never let us look (a scope is missing), the name still bars a second one.
        """
        if look_first:
            found = await self._find_own(wanted, wanted.names)
            if found is not None and not _is_refused_for_good(found):
                return found
        for name in wanted.names:
            outcome = await self._create(wanted, name)
            if outcome is not None:
                return outcome
        return Refused(error="name_taken", cure=cure_for(CREATE, "name_taken"))

    async def _create(self, wanted: Wanted, name: str) -> Outcome[OpenedChannel] | None:
        """Create one channel; None when somebody else's holds the name."""
        outcome = await self._try_to_create(wanted, name)
        if not (isinstance(outcome, Unsure) or _is_taken(outcome)):
            return outcome
        found = await self._find_own(wanted, [name])
        if found is not None or not isinstance(outcome, Unsure):
            return found
        return await self._create_again(wanted, name)

    async def _create_again(self, wanted: Wanted, name: str) -> Outcome[OpenedChannel]:
        """After a lost answer and a look that found nothing; the name itself bars a second one."""
        outcome = await self._try_to_create(wanted, name)
        if not _is_taken(outcome):
            return outcome
        found = await self._find_own(wanted, [name])
        # Taken, yet not listed: it may be our own, a moment before Slack lists it.
        return found or Unsure(reason=f"{CREATE}: #{name} is taken, and not listed as ours")

    async def _try_to_create(self, wanted: Wanted, name: str) -> Outcome[OpenedChannel]:
        arguments = {"name": name, "is_private": wanted.private}
        answer = await self._gateway.call(CREATE, arguments, priority=Priority.ROOM)
        if not isinstance(answer, Done):
            return answer
        channel = as_object(answer.value.get("channel"))
        if not text_at(channel, "id"):
            return Unsure(reason=f"{CREATE}: the answer names no channel")
        return Done(value=_opened(channel, adopted=False))

    async def _find_own(
        self, wanted: Wanted, names: Sequence[str]
    ) -> Outcome[OpenedChannel] | None:
        """Find the channel an earlier try made: ours by creator, name (or its stem, since the title
        may have changed) and age, and still free.

        None when there is none. Reads the bot's own channels only: conversations.list would page
        through everybody's.
        """
        identity = await self._identity.ask()
        if not isinstance(identity, Done):
            return identity
        since = shifted(min(wanted.opened_at, self._clock.now()), -_SKEW)
        async for page in self._own_channels():
            if isinstance(page, Refused | Unsure):
                return page
            for channel in page:
                ours = _is_ours(channel, identity.value.bot_user_id, since)
                fits = ours and _fits(channel, wanted, names)
                if fits and not await wanted.taken(text_at(channel, "id")):
                    return Done(value=_opened(channel, adopted=True))
        return None

    def _own_channels(self) -> AsyncIterator[Page]:
        arguments = {
            "types": "public_channel,private_channel",
            "exclude_archived": False,
            "limit": 999,
        }
        return pages(
            self._gateway, "users.conversations", arguments, "channels", priority=Priority.ROOM
        )


def _fits(channel: Mapping[str, Any], wanted: Wanted, names: Sequence[str]) -> bool:
    """Whether a channel of ours may be the one wanted; a private room is never a public one."""
    name, stem = text_at(channel, "name"), wanted.stem
    by_stem = stem != "" and (name == stem or name.startswith(f"{stem}-"))
    hidden_enough = channel.get("is_private") is True or not wanted.private
    return (name in names or by_stem) and hidden_enough


def _is_ours(channel: Mapping[str, Any], bot_user_id: str, since: datetime) -> bool:
    created = channel.get("created")
    return (
        text_at(channel, "creator") == bot_user_id != ""
        and isinstance(created, int)
        and created >= int(since.timestamp())
        and text_at(channel, "id") != ""
    )


def _opened(channel: Mapping[str, Any], *, adopted: bool) -> OpenedChannel:
    """Slack may normalise a name, so the one it answers counts."""
    return OpenedChannel(
        channel_id=text_at(channel, "id"), name=text_at(channel, "name"), adopted=adopted
    )


def _is_refused_for_good(outcome: Outcome[OpenedChannel]) -> bool:
    return isinstance(outcome, Refused) and outcome.retry_after is None


def _is_taken(outcome: Outcome[OpenedChannel]) -> bool:
    return isinstance(outcome, Refused) and outcome.error == "name_taken"
