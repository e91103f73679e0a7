"""The incident as the demo's people meet it: who they are, what stands on their screens, and what
the record says by now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opsbot.core.entry import Status, StatusChanged
from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.runbook.asked import FORM, RUNBOOK
from opsbot.sandbox.cast import NeverCame, Player, carried_by, message_of, offers, until
from opsbot.sandbox.progress import Progress
from opsbot.sandbox.slack.model import Ephemeral, Message
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

LOOKS_EVERY = 0.05  # seconds between two looks at the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A runbook that the card offers, with the arguments that it fills in."""

    runbook: str
    arguments: Mapping[str, str]

    def is_run_by(self, run: Run) -> bool:
        """Whether a run is of this, whoever asked for it and how."""
        given = {name: str(value) for name, value in run.plan.arguments.items()}
        return run.plan.runbook == self.runbook and self.arguments.items() <= given.items()


class Scene:
    """One incident in the sandbox workspace. `offered` and `preview` are what people saw."""

    def __init__(
        self, stage: Stage, record: SqlRecord, incident_id: str, progress: Progress
    ) -> None:
        self._stage, self._record, self._id = stage, record, incident_id
        self._players: dict[str, Player] = {}
        self.progress = progress
        self.offered: Offered | None = None
        self.preview: tuple[Player, Ephemeral] | None = None

    async def incident(self) -> Incident:
        """The incident as the record tells it now."""
        return await self._record.incident(self._id)

    async def came(self, holds: Callable[[Incident], bool], within: float) -> bool:
        """Whether something is so within some seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not holds(await self.incident()):
            if loop.time() >= end:
                return False
            await asyncio.sleep(LOOKS_EVERY)
        return True

    # --- who -------------------------------------------------------------------------------------

    def lead(self, incident: Incident) -> Player:
        """Who leads; the first who was brought in, while nobody does. Raises NeverCame."""
        if incident.lead is not None:
            return self.player(incident.lead.slack_id)
        if not incident.surface.invited:
            raise NeverCame("nobody was brought into the room")
        return self.player(incident.surface.invited[0].slack_id)

    def player(self, slack_id: str) -> Player:
        """Somebody of the workspace."""
        if slack_id not in self._players:
            user = self._stage.slack.workspace.users[slack_id]
            self._players[slack_id] = Player(self._stage.slack, user)
        return self._players[slack_id]

    def approvers(self, run: Run) -> list[Player]:
        """Whoever is on call for the service, nearest first, but who asked and who said yes."""
        emails = self._stage.on_call_for(run.plan.service)
        users = [u for u in self._stage.slack.workspace.users.values() if not u.deleted]
        found = [user.id for email in emails for user in users if user.email == email]
        done = {run.requester.id, *(one.by.id for one in run.approvals)}
        return [self.player(one) for one in dict.fromkeys(found) if f"slack:{one}" not in done]

    # --- what stands on their screens ------------------------------------------------------------

    def card(self, incident: Incident) -> Message:
        """The card in the incident's room. Raises NeverCame."""
        card = message_of(self._stage.slack, incident.surface.channel_id, "card")
        if card is None:
            raise NeverCame("the card in the incident's room")
        return card

    async def run_message(self, incident: Incident, run: Run) -> Message:
        """The run's message in the room, once it stands there. Raises NeverCame."""
        room, slot = incident.surface.channel_id, f"run:{run.run_id}"
        await until(lambda: message_of(self._stage.slack, room, slot) is not None,
                    "the run's message in the room")  # fmt: skip
        found = message_of(self._stage.slack, room, slot)
        if found is None:
            raise NeverCame("the run's message in the room")
        return found

    def look_for_offers(self, incident: Incident) -> None:
        """Remember what the card offers; what somebody asked for already was offered, too."""
        card = self.card(incident)
        if offers(card, "run"):
            carried = carried_by(card, "run")
            given = {name: held for name, held in carried.items() if name not in (FORM, RUNBOOK)}
            self.offered = Offered(runbook=carried[RUNBOOK], arguments=given)
        elif incident.runs:
            run = max(incident.runs.values(), key=lambda one: one.seq)
            self.offered = Offered(runbook=run.plan.runbook, arguments={})

    def run(self, incident: Incident) -> Run | None:
        """The newest run of what is offered, whoever asked for it."""
        offered = self.offered
        found = [one for one in incident.runs.values() if offered and offered.is_run_by(one)]
        return max(found, key=lambda one: one.seq, default=None)

    def run_there_is(self, incident: Incident) -> Run:
        """The same, where there has to be one. Raises NeverCame."""
        run = self.run(incident)
        if run is None:
            raise NeverCame("the run on the record")
        return run

    def blamed(self, incident: Incident) -> str:
        """The service that is acted on, or would be by what is offered."""
        run, offered = self.run(incident), self.offered
        if run is not None:
            return run.plan.service
        return str(offered.arguments.get("service", "")) if offered else ""

    async def _status_change(self) -> tuple[str, str]:
        """Who changed the status last, and the reason."""
        for entry in reversed(await self._record.entries(self._id)):
            if isinstance(entry.body, StatusChanged):
                return entry.actor.name, entry.body.reason
        return "", ""

    async def status_told(self) -> list[tuple[str, str]]:
        """The status, the reason for it and who changed it, as a line of progress."""
        name, reason = await self._status_change()
        return [(str((await self.incident()).status), f"{reason} ({name})")]

    async def ended_by(self, incident: Incident) -> str:
        """How the incident ended and who did that, as a sentence without its full stop."""
        who, _ = await self._status_change()
        if incident.status is Status.MERGED:
            return f"{who} merged the incident into another one"
        word = "cancelled" if incident.status is Status.CANCELLED else "resolved"
        return f"{who} {word} the incident"
