"""What we know of Slack: ids and contents of what stands there, folded from surface facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Role
from opsbot.core.moment import shifted
from opsbot.core.people import Invited, Missing

TRY_AGAIN = timedelta(minutes=15)
LEFT = "left:"  # slot of a message that stands where the incident used to live
GONE = "gone:"  # fact: the message of this slot was deleted by somebody
REMINDER = "reminder"  # refusal and fact: whether the lead can be reminded
MOVED = "moved"  # fact: Slack gave the channel another id, with all that stands in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message of ours: where it stands and the hash of what it shows."""

    channel_id: str
    ts: str  # Slack's message id: text, never a float
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The last refusal of a move, until it succeeds."""

    error: str
    cure: str
    gives_up: bool
    at: datetime

    def stands(self, now: datetime) -> bool:
        """Whether the move is left alone for now; what was refused for good is tried again after
        a while, because people mend scopes and tokens."""
        return self.gives_up and now < shifted(self.at, TRY_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """The room as it stands in Slack, as far as the record knows."""

    channel_id: str = ""
    channel_name: str = ""
    lent: bool = False  # people's own channel, which keeps its topic and is never archived
    messages: Mapping[str, Shown] = field(default_factory=lambda: MappingProxyType({}))
    invited: tuple[Invited, ...] = ()
    missing: tuple[Missing, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    refusals: Mapping[str, Refusal] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def abandoned(self) -> bool:
        """Whether a person archived the room: we go on elsewhere and leave it so."""
        return bool(self.facts.get("abandoned"))

    @property
    def archived(self) -> bool:
        return self.facts.get("archived") == "yes"

    def settled(self, person_id: str) -> bool:
        """Whether inviting this person was already tried to the end."""
        return any(p.person_id == person_id for p in (*self.invited, *self.missing))


def evolve_surface(surface: Surface, entry: Entry) -> Surface:
    """The surface after one entry; entries that are no surface facts change nothing."""
    match entry.body:
        case e.ChannelOpened(channel_id=channel_id, name=name, lent=lent):
            cleared = _without(surface.refusals, "channel")
            return replace(
                surface, channel_id=channel_id, channel_name=name, refusals=cleared,
                lent=lent or (surface.lent and surface.channel_id == channel_id),
            )  # fmt: skip
        case e.MessageShown(slot=slot, channel_id=channel_id, ts=ts, shown=shown):
            message = Shown(channel_id=channel_id, ts=ts, shown=shown)
            held = surface.messages.get(slot)
            moved = {LEFT + slot: held} if held and held.channel_id != channel_id else {}
            return replace(
                surface,
                messages=MappingProxyType({**surface.messages, **moved, slot: message}),
                refusals=_without(surface.refusals, slot),
            )
        case e.PeopleInvited(invited=invited, missing=missing):
            return _invited(surface, invited, missing)
        case e.SurfaceChanged(what=what) if what.startswith(GONE):
            kept = {k: v for k, v in surface.messages.items() if k != what.removeprefix(GONE)}
            return replace(surface, messages=MappingProxyType(kept))
        case e.SurfaceChanged(what=what, value=channel_id) if what == MOVED:
            return _moved(surface, channel_id)
        case e.SurfaceChanged(what=what, value=value):
            facts = MappingProxyType({**surface.facts, what: value})
            return replace(surface, facts=facts, refusals=_without(surface.refusals, what))
        case e.SurfaceRefused(move=move, error=error, cure=cure, gives_up=gives_up):
            refusal = Refusal(error=error, cure=cure, gives_up=gives_up, at=entry.occurred_at)
            return replace(surface, refusals=MappingProxyType({**surface.refusals, move: refusal}))
        case e.RoleAssigned(role=Role.LEAD):  # whoever could not be reminded leads no more
            return replace(surface, refusals=_without(surface.refusals, REMINDER))
        case e.StatusChanged(status=status) if status.is_over:
            return replace(surface, refusals=_without(surface.refusals, REMINDER))
        case _:
            return surface


def _moved(surface: Surface, channel_id: str) -> Surface:
    """The same room under another id: what stands there stands."""
    messages = {
        slot: replace(held, channel_id=channel_id)
        if held.channel_id == surface.channel_id
        else held
        for slot, held in surface.messages.items()
    }
    return replace(surface, channel_id=channel_id, messages=MappingProxyType(messages))


def _without(refusals: Mapping[str, Refusal], move: str) -> Mapping[str, Refusal]:
    if move not in refusals:
        return refusals
    return MappingProxyType({k: v for k, v in refusals.items() if k != move})


def _invited(
    surface: Surface, invited: tuple[Invited, ...], missing: tuple[Missing, ...]
) -> Surface:
    """The newest word on each person: somebody once missing may have been found since."""
    told = {p.person_id for p in (*invited, *missing)}
    return replace(
        surface,
        invited=(*(p for p in surface.invited if p.person_id not in told), *invited),
        missing=(*(p for p in surface.missing if p.person_id not in told), *missing),
        refusals=_without(surface.refusals, "people"),
    )
