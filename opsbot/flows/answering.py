"""Answers on the way to a person: read what they asked, find the incident it is about, and know
whether a form comes first. The same reading serves the form at the door and the act behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from opsbot.core.incident import Incident
from opsbot.core.invocation import How, Invocation
from opsbot.core.permission import Denied, may, may_see
from opsbot.core.reading import Reading, interpret
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing
from opsbot.core.verb import Needs, Scene, Verb

FORM_FIRST = "do-form"  # what a button carries to have its form opened, whatever it has filled in


class Reader(Protocol):
    """What both the record and a transaction on it can be asked."""

    async def incident(self, incident_id: str) -> Incident: ...
    async def by_number(self, number: int) -> str | None: ...
    async def holder_of_channel(self, channel_id: str) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was asked, by whom, about which incident. `unseen` names an incident that does not
    exist for this person; `denied` says why they may not."""

    reading: Reading
    incident: Incident | None = None
    unseen: str = ""
    denied: Denied | None = None

    @property
    def verb(self) -> Verb | None:
        return self.reading.verb

    @property
    def too_late(self) -> bool:
        """Whether the incident is over, and the verb makes no sense any more."""
        verb, incident = self.verb, self.incident
        return bool(verb and incident and incident.status.is_over and not verb.when_over)

    @property
    def too_early(self) -> bool:
        """Whether the incident is open, and the verb makes sense only once it is over."""
        verb, incident = self.verb, self.incident
        return bool(verb and incident and not incident.status.is_over and not verb.when_open)

    @property
    def wants_form(self) -> bool:
        """Whether a form comes before anything can be done."""
        verb, asked = self.reading.verb, self.reading.asked
        if verb is None or verb.form is None or asked.how is How.FORM or self.denied:
            return False
        if verb.needs is Needs.INCIDENT and self.incident is None:
            return False
        if self.too_late or self.too_early:
            return False
        if asked.how is How.BUTTON and asked.values.get(FORM_FIRST):
            return True
        if asked.how is How.SHORTCUT and verb.form_first and not verb.takes_message:
            return True  # the message's words are a draft, which its author never meant as one
        if asked.how is How.BUTTON and verb.form_first and not self.reading.filled:
            return True
        return self.reading.only_missing


async def understand(
    reader: Reader, book: tuple[Verb, ...], asked: Invocation, me: Standing, rules: Rules,
    now: datetime,
) -> Understood:  # fmt: skip
    """Read the words or values, look the incident up, and ask whether this person may."""
    reading = interpret(asked, book, me=me, rules=rules, now=now)
    incident = await _incident(reader, reading)
    if incident is not None and not may_see(me, incident, asked.place.channel_id):
        incident = None
    named = f"INC-{reading.number}" if reading.number is not None else ""
    unseen = named if named and incident is None else ""
    denied: Denied | None = None
    name = reading.verb.name if reading.verb else ""
    match may(name, me, incident, rules.permissions, guests=rules.guests):
        case Denied() as no:
            denied = no
        case _:
            pass
    return Understood(reading=reading, incident=incident, unseen=unseen, denied=denied)


async def _incident(reader: Reader, reading: Reading) -> Incident | None:
    asked = reading.asked
    if reading.number is not None:
        found = await reader.by_number(reading.number)
    elif asked.incident_id:
        found = asked.incident_id
    elif asked.place.channel_id:
        found = await reader.holder_of_channel(asked.place.channel_id)
    else:
        found = None
    if not found:
        return None
    incident = await reader.incident(found)
    return incident if incident.seq and incident.number else None


def scene_of(
    understood: Understood, book: tuple[Verb, ...], me: Standing, rules: Rules, now: datetime
) -> Scene:
    """The scene without what has to be read for it."""
    reading = understood.reading
    return Scene(
        me=me, asked=reading.asked, now=now, rules=rules, book=book,
        incident=understood.incident, said=reading.said,
    )  # fmt: skip
