"""An office in which postmortems are written: the real drafter, and shelves to publish on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.postmortem_rule import PostmortemRule, WriteWhen
from opsbot.documents.drafter import PostmortemDrafter
from opsbot.documents.template import default_template
from opsbot.engine.plain import PlainSteps
from opsbot.flows import flows_for
from opsbot.ports import Obligation, Publisher
from opsbot.slack.postmortem import SlackPublisher
from tests.commands.office import Office, replace
from tests.fakes.publisher import FakePublisher, Placed


class Desk(Office):
    """`shelf` and `wiki` are two places; the third is the incident's own thread with `slack`."""

    def __init__(
        self, *, when: WriteWhen = WriteWhen.RESOLVED, slack: bool = False,
        delay: timedelta = timedelta(seconds=30), **changes: Any,
    ) -> None:  # fmt: skip
        self._delay = delay
        super().__init__(postmortem=PostmortemRule(when=when, delay=delay), **changes)
        self.shelf, self.wiki = FakePublisher("shelf"), FakePublisher("wiki", takes_private=True)
        places: list[Publisher] = [self.shelf, self.wiki]
        if slack:
            places.append(SlackPublisher(self.record, self.room, self.clock))
        drafter = PostmortemDrafter(template=default_template())
        self.ports = replace(self.ports, drafter=drafter, publishers=tuple(places))

    async def ended(self, line: str = "resolve fixed rolled back") -> Incident:
        """A page whose incident somebody leads and ends; its postmortem is written."""
        incident = await self.page()
        self.clock.advance(minutes=1)
        await self.typed("lead", at=incident.surface.channel_id)
        self.clock.advance(minutes=20)
        await self.typed(line, at=incident.surface.channel_id)
        return await self.incident(incident)

    async def says(self, incident: Incident, line: str) -> Incident:
        """Somebody types in the room, and everything that waits for quiet is done."""
        await self.typed(line, at=incident.surface.channel_id)
        return await self.quiet(incident)

    async def quiet(self, incident: Incident) -> Incident:
        """Nobody does anything for so long that whatever waits for that is due."""
        self.clock.advance(minutes=1, seconds=2 * self._delay.total_seconds())
        await self.settle()
        return await self.incident(incident)

    async def once(self, owed: Obligation) -> None:
        """Do one thing that is owed, and owe it again if it asks for that; no time passes."""
        flow = flows_for(self.ports)[owed.purpose]
        arguments = {**owed.arguments, "incident_id": owed.incident_id, "key": owed.key}
        again = await flow(PlainSteps(), arguments)
        if again is None:
            await self.record.settle([owed.key])
        else:
            await self.record.postpone(owed.key, self.clock.now() + timedelta(seconds=again))

    async def drafts(self, incident: Incident) -> list[e.PostmortemDrafted]:
        return await self.bodies(incident, e.PostmortemDrafted)

    async def published(self, incident: Incident, name: str) -> list[e.PostmortemPublished]:
        found = await self.bodies(incident, e.PostmortemPublished)
        return [body for body in found if body.publisher == name]

    def note(self, place: Placed, before: str, more: str) -> None:
        """Somebody writes another line below one that stands there."""
        assert before in place.text
        place.text = place.text.replace(before, f"{before}\n{more}")
