"""The record's vocabulary for what stands in Slack. Every class stands in `entry.Body`."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.people import Invited, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOpened:
    """Surface fact: the incident's channel stands."""

    channel_id: str
    name: str
    adopted: bool  # found as our own after an unknown outcome, rather than made just now
    lent: bool = False  # people's own channel (`here`): it keeps its topic and is never archived


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageShown:
    """Surface fact: a message of ours stands, or was edited, with this content."""

    slot: str  # card | digest | post:<key>
    channel_id: str
    ts: str
    shown: str  # hash of the rendered content
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleInvited:
    invited: tuple[Invited, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceChanged:
    """Surface fact: topic, pin, bookmark or archive state is now this."""

    what: str  # topic | pin | bookmark:<url> | archived
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceRefused:
    """Slack refused something; what, in Slack's word, and what a person can do."""

    move: str
    error: str
    cure: str
    gives_up: bool  # False: will be tried again by itself
