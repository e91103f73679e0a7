"""The demo's response: a responder takes the lead, runs what the card offers, a second person
approves, it is verified, mitigated and resolved, and the postmortem is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from opsbot.core.entry import Status
from opsbot.core.incident import Incident
from opsbot.core.people import Invited
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.sandbox.cast import NeverCame, Player, message_of, offers, said, until
from opsbot.sandbox.progress import Progress
from opsbot.sandbox.slack.model import Message
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

RUN_WITHIN = 240.0  # seconds from the approval to the verdict of the verification
WRITTEN_WITHIN = 60.0  # seconds from the end to the published postmortem
LEAD = "lead:ack=yes"


class Response:
    """People of the company respond to one incident."""

    def __init__(
        self, stage: Stage, record: SqlRecord, incident_id: str, progress: Progress
    ) -> None:
        self._stage, self._record, self._id = stage, record, incident_id
        self._progress = progress
        self._players: dict[str, Player] = {}

    async def play(self) -> None:
        """From the first press to the postmortem. Raises NeverCame."""
        lead = await self._take_the_lead()
        await self._say_what_users_notice(lead)
        run = await self._run_what_fits(lead)
        await self._wrap_up(lead, run)

    async def incident(self) -> Incident:
        """The incident as the record tells it now."""
        return await self._record.incident(self._id)

    # --- acts ------------------------------------------------------------------------------------

    async def _take_the_lead(self) -> Player:
        card, invited = await self._card(), (await self.incident()).surface.invited
        if not invited:
            raise NeverCame("nobody was brought into the room")
        lead = self._player(invited[0])
        await lead.presses(card, LEAD)
        await self._until(lambda i: bool(i.lead and i.acknowledged_by), "a lead")
        self._say("Ack and lead", f"{lead.name} leads; acknowledged at PagerDuty")
        return lead

    async def _say_what_users_notice(self, lead: Player) -> None:
        room = (await self.incident()).surface.channel_id
        await lead.types('impact "many requests fail, and people see errors"', room)
        await self._until(lambda i: i.impact is not None, "the impact")
        self._say("impact", "many requests fail, and people see errors")

    async def _run_what_fits(self, lead: Player) -> Run | None:
        """What the card offers; where it offers nothing, there is nothing to be run."""
        card = await self._card()
        if not offers(card, "run"):
            self._say("no runbook offered", "nothing fits what the evidence shows")
            return None
        before = len(lead.heard)
        await lead.presses(card, "run")
        await lead.fills_in()
        preview = await lead.hears(before)
        self._say("preview", _first(said(preview), "1. "))
        await lead.presses(preview, "run:do-way=ask")
        await self._until(lambda i: bool(i.runs), "the request on the record")
        run = await self._newest()
        self._say(str(run.verdict.ruling), f"{run.title}: {run.verdict.reason}")
        if run.waits:
            await self._approve(run, lead)
        return await self._follow(run)

    async def _approve(self, run: Run, lead: Player) -> None:
        """Somebody else, who is on call for the service that is acted on."""
        message = await self._run_message(run)
        for one in self._candidates(run.plan.service, but=lead.user.id):
            before = len(one.heard)
            await one.presses(message, "approve")
            if await self._came(lambda i: not i.runs[run.run_id].waits, 5.0):
                approver = (await self.incident()).runs[run.run_id].approvals[-1]
                self._say("approved", f"by {approver.by.name} ({approver.standing})")
                return
            told = said(one.heard[before]) if len(one.heard) > before else "no answer"
            self._say("not approved", f"{one.name}: {told.splitlines()[0]}", style="yellow")
        raise NeverCame("an approval by anybody who may")

    async def _follow(self, run: Run) -> Run:
        told: set[str] = set()
        held = run

        def over(incident: Incident) -> bool:
            nonlocal held
            held = incident.runs[run.run_id]
            for step in held.steps:
                if step.outcome and step.name not in told:
                    told.add(step.name)
                    self._say(f"step {step.name}", f"{step.outcome}: {step.said}")
            if held.check and held.check.said and held.check.said not in told:
                told.add(held.check.said)
                self._say("watching", held.check.said, style="")
            return held.outcome is not None

        await self._until(over, f"the end of {run.title}", RUN_WITHIN)
        good = held.outcome is RunOutcome.SUCCEEDED
        style = "bold green" if good else "bold red"
        self._say(f"run {held.outcome}", held.said, style=style)
        return held

    async def _wrap_up(self, lead: Player, run: Run | None) -> None:
        room = (await self.incident()).surface.channel_id
        cured = run is not None and run.outcome is RunOutcome.SUCCEEDED
        if run is not None and cured:
            await lead.types(f'status identified "a deploy of {run.plan.service}"', room)
            await self._until(lambda i: i.status is Status.IDENTIFIED, "the cause to be named")
            self._say("identified", f"a deploy of {run.plan.service}")
        said_by = "the deploy was taken back" if cured else "it went away before a cause was found"
        await lead.types(f'mitigate "{said_by}"', room)
        await self._until(lambda i: i.living.mitigated is not None, "the mitigation")
        self._say("mitigated", said_by)
        what = "alert on the memory of session-validation" if cured else "find out what happened"
        await lead.types(f'followup "{what}" @{lead.user.name} by friday', room)
        await lead.types(f'resolve fixed "{said_by}"', room)
        await self._until(lambda i: i.status.is_over, "the end of the incident")
        self._say("resolved", "here, and at PagerDuty in the lead's name")
        await self._until(
            lambda i: any(p.url for p in i.living.publications.values()), "a published postmortem",
            WRITTEN_WITHIN,
        )  # fmt: skip
        for one in (await self.incident()).living.publications.values():
            self._say("postmortem", f"{one.publisher}: {one.url or one.cure}")

    # --- who, and what stands on their screens -----------------------------------------------

    def _player(self, who: Invited) -> Player:
        return self._by_id(who.slack_id)

    def _by_id(self, slack_id: str) -> Player:
        if slack_id not in self._players:
            user = self._stage.slack.workspace.users[slack_id]
            self._players[slack_id] = Player(self._stage.slack, user)
        return self._players[slack_id]

    def _candidates(self, service: str, *, but: str) -> list[Player]:
        """Whoever is on call for the service, by their address; nearest level first."""
        emails = self._stage.on_call_for(service)
        users = [u for u in self._stage.slack.workspace.users.values() if not u.deleted]
        found = [user.id for email in emails for user in users if user.email == email]
        return [self._by_id(one) for one in dict.fromkeys(found) if one != but]

    async def _card(self) -> Message:
        room = (await self.incident()).surface.channel_id
        card = message_of(self._stage.slack, room, "card")
        if card is None:
            raise NeverCame("the card in the incident's room")
        return card

    async def _run_message(self, run: Run) -> Message:
        room, slot = (await self.incident()).surface.channel_id, f"run:{run.run_id}"
        await until(lambda: message_of(self._stage.slack, room, slot) is not None,
                    "the run's message in the room")  # fmt: skip
        found = message_of(self._stage.slack, room, slot)
        if found is None:
            raise NeverCame("the run's message in the room")
        return found

    async def _newest(self) -> Run:
        return max((await self.incident()).runs.values(), key=lambda run: run.seq)

    async def _until(
        self, holds: Callable[[Incident], bool], what: str, within: float = 20.0
    ) -> None:
        if not await self._came(holds, within):
            raise NeverCame(f"waited {within:.0f} s for {what}")

    async def _came(self, holds: Callable[[Incident], bool], within: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while loop.time() < end:
            if holds(await self.incident()):
                return True
            await asyncio.sleep(0.05)
        return False

    def _say(self, what: str, detail: str, style: str = "bold") -> None:
        self._progress.say(what, detail, style=style)


def _first(text: str, begins: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(begins)), "").strip()
