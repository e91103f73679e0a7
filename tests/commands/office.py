"""An opsbot between fakes: people ask it by every way that Slack offers, and what it owes is done.
Payloads are read by the real readers, and people's desk is the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from opsbot.app.people_desk import PeopleDesk
from opsbot.catalog.commands import read_commands
from opsbot.core.entry import Entry, Severity
from opsbot.core.event import AlertEvent
from opsbot.core.evidence import EvidenceKind
from opsbot.core.form import Form
from opsbot.core.incident import Incident
from opsbot.core.invocation import Invocation, PersonEvent, Pointed
from opsbot.core.people import Person
from opsbot.core.rules import Channels, Rules
from opsbot.engine.plain import PlainSteps
from opsbot.flows import flows_for
from opsbot.flows.intake import LOCK, take
from opsbot.ports import Obligation, Ports
from opsbot.slack.accounts import Accounts
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.manifest import ADD_TO_TIMELINE, DECLARE_FROM_MESSAGE
from opsbot.store.memory import MemoryRecord
from tests.commands.asked import OURSELVES, Slack, action
from tests.core.story import event, rules
from tests.fakes.clock import ManualClock
from tests.fakes.pager import FakePager
from tests.fakes.people import Answered, FakePeople
from tests.fakes.room import FakeRoom
from tests.fakes.source import FakeSource
from tests.fakes.staffing import FakeStaffing

ANN, BEN, ADA, GUS, SAM, DEE = "U0ANN", "U0BEN", "U0ADA", "U0GUS", "U0SAM", "U0DEE"
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
KINDS = (
    ("prometheus", EvidenceKind.METRICS), ("loki", EvidenceKind.LOGS),
    ("tempo", EvidenceKind.TRACES), ("github", EvidenceKind.CHANGES),
)  # fmt: skip
TOWN = "C0TOWN"  # a public channel that people made
PAGER_USERS = {
    "PANN": "Ann", "PBEN": "Ben", "PADA": "Ada", "PKIM": "Kim Vale", "PROBIN": "Robin Vale",
    "PNOOR": "Noor Vale",
}  # fmt: skip
shipped_verbs = cache(lambda: read_commands().verbs)  # reading forty files takes a while
SOON = timedelta(seconds=30)  # what is due within that is done, what waits for longer is left


class Office:
    """Ann and Ben are members (Ann in Berlin), Gus a guest, Sam of another company, Dee has left.

    `changes` are fields of Rules. After everything that somebody does, what is owed is done.
    """

    def __init__(self, **changes: Any) -> None:
        self.clock = ManualClock(START)
        self.record = MemoryRecord(self.clock)
        self.room = FakeRoom(self.clock)
        self.people = FakePeople()
        self.people.mailbox = self.room.deliver
        self.pager = FakePager(self.clock)
        self.staffing = FakeStaffing()
        self.slack = Slack(self.clock)
        self.sources = [FakeSource(name, kind, self.clock) for name, kind in KINDS]
        self._staff()
        self.room.hold_name("digest")
        self.digest = next(iter(self.room.channels))
        self.rules = self._rules(changes)
        self.book = shipped_verbs()
        self.ports = Ports(
            record=self.record, clock=self.clock, rules=self.rules, room=self.room,
            people=self.people, pager=self.pager, sources=self.sources, staffing=self.staffing,
        )  # fmt: skip
        gateway = Gateway(token=lambda: "", clock=self.clock)
        accounts = Accounts(gateway, OwnIdentity(gateway), self.clock)
        self.desk = PeopleDesk(self.ports, self.book, accounts, lambda: OURSELVES)
        self.unmet: list[Obligation] = []  # owed to what has no flow here, such as doctor

    def _staff(self) -> None:
        self.people.add("ann", zone="Europe/Berlin")
        self.people.add("ben")
        self.people.add("ada")
        self.people.add("gus", guest=True)
        self.people.add("sam", stranger=True)
        self.people.add("dee", deactivated=True)
        for name in ("ann", "ben", "ada"):
            person = self.pager.add_user(f"P{name.upper()}", name)
            self.room.accounts[person.email] = f"U0{name.upper()}"
        for user in (ANN, BEN, GUS, SAM, DEE):
            self.room.people[user] = "" if user in (ANN, BEN) else "they cannot be brought in"
        self.people.add_channel(TOWN)
        self._on_call()

    def _on_call(self) -> None:
        """Ada is on call for checkout-api, and behind her, always, Kim; Robin for auth-api."""
        staffing = self.staffing
        staffing.add_policy("PPOL1", "Payments on call", "PSVC1")
        staffing.add_policy("PPOL2", "Identity on call", "PSVC2")
        staffing.add_policy("PPOL3", "Database on-call")
        people = {name: staffing.add_user(id, name) for id, name in PAGER_USERS.items()}
        for person in people.values():
            self.pager.users.setdefault(person.email, person)
            self.room.accounts.setdefault(person.email, f"U0{person.id[1:]}")
        evening = START + timedelta(hours=4)
        staffing.put_on_call("PPOL1", people["Ada"], until=evening, schedule="Payments weekly")
        staffing.put_on_call("PPOL1", people["Kim Vale"], 2)
        staffing.put_on_call("PPOL2", people["Robin Vale"], until=evening)
        staffing.put_on_call("PPOL3", people["Noor Vale"], until=evening)

    def _rules(self, changes: dict[str, Any]) -> Rules:
        kinds = tuple((name, str(kind)) for name, kind in KINDS)
        base: dict[str, Any] = {
            "channels": Channels(digest=self.digest),
            "evidence_sources": tuple(name for name, _ in KINDS), "evidence_kinds": kinds,
            "severity_by_priority": tuple((f"P{n}", Severity(f"SEV{n}")) for n in range(1, 6)),
        }  # fmt: skip
        return rules(**{**base, **changes})

    def without_staffing(self) -> None:
        """No pager that can be asked is configured."""
        self.ports = replace(self.ports, staffing=None)
        self.desk._ports = self.ports  # pyright: ignore[reportPrivateUsage] # its one dependency

    # --- machines ------------------------------------------------------------------------------

    async def page(self, alert: str = "PINC1", **given: Any) -> Incident:
        """An alert pages, and its room is opened."""
        self.pager.trigger(alert)
        self.staffing.alerts.add(alert)
        minutes = (self.clock.now() - START).total_seconds() / 60
        return await self.hear(event(at=minutes, alert=alert, **given))

    async def hear(self, told: AlertEvent) -> Incident:
        """An event of the pager arrives."""
        async with self.record.transaction(LOCK) as tx:
            taken = await take(tx, told, self.rules, self.clock.now())
        await self.settle()
        return await self.record.incident(taken.incident_id)

    async def settle(self) -> None:
        """Do what is owed now; a flow that asks to be owed again is done once it is due."""
        flows = flows_for(self.ports)
        due: list[Obligation] = []
        for _ in range(60):
            soon = self.clock.now() + SOON
            due = [o for o in await self.record.due(soon) if o not in self.unmet]
            if not due:
                return
            for owed in due:
                await self.do(owed, flows)
        raise AssertionError(f"never settles: {due}")

    async def do(self, owed: Obligation, flows: Any) -> None:
        """Carry out one thing that is owed."""
        if owed.purpose not in flows:
            self.unmet.append(owed)
            return
        arguments = {**owed.arguments, "incident_id": owed.incident_id, "key": owed.key}
        again = await flows[owed.purpose](PlainSteps(), arguments)
        if again is None:
            await self.record.settle([owed.key])
        else:
            await self.clock.sleep(again)

    # --- people --------------------------------------------------------------------------------

    async def typed(self, line: str, by: str = ANN, at: str = TOWN, **more: str) -> Answered | None:
        """Somebody types `/incident ...`."""
        trigger = self.people.new_trigger(by)
        return await self.ask(self.slack.typed(line, by, at, trigger=trigger, **more))

    async def pressed(
        self, action_: str, incident_id: str = "", by: str = ANN, at: str = TOWN, **more: Any
    ) -> Answered | None:
        """Somebody presses a button whose card carries the incident."""
        trigger = self.people.new_trigger(by)
        return await self.ask(
            self.slack.pressed(action_, incident_id, by, at, trigger=trigger, **more)
        )

    async def press_of(self, shown: Answered, begins: str) -> Answered | None:
        """Somebody presses a button of what they alone were shown."""
        (chosen,) = (one for one in shown.actions if one.startswith(begins))
        place = shown.asked.place.channel_id
        return await self.pressed(chosen, shown.incident_id, shown.to, place, ephemeral=True)

    def form_of(self, by: str = ANN) -> Form:
        """The form on somebody's screen."""
        return next(form for user, form in reversed(self.people.forms) if user == by)

    async def submitted(self, by: str = ANN, **values: str) -> Answered | None:
        """Somebody fills in the form on their screen and submits it."""
        trigger = self.people.new_trigger(by)
        asked: Invocation = self.slack.submitted(self.form_of(by), values, by, trigger=trigger)
        assert self.desk.validate(asked) == {}
        return await self.ask(asked)

    async def mentioned(self, line: str, by: str = ANN, at: str = TOWN) -> Answered | None:
        """Somebody writes `@opsbot ...`."""
        return await self.ask(self.slack.mentioned(line, by, at))

    async def chose_note(self, pointed: Pointed, by: str = ANN) -> Answered | None:
        """Somebody chooses "Add to timeline" in a message's menu."""
        return await self._chose(ADD_TO_TIMELINE, pointed, by)

    async def chose_declare(self, pointed: Pointed, by: str = ANN) -> Answered | None:
        """Somebody chooses "Declare from this message" in a message's menu."""
        return await self._chose(DECLARE_FROM_MESSAGE, pointed, by)

    async def _chose(self, callback: str, pointed: Pointed, by: str) -> Answered | None:
        trigger = self.people.new_trigger(by)
        return await self.ask(self.slack.chosen(callback, pointed, by, trigger=trigger))

    async def pinned(self, pointed: Pointed, by: str = ANN) -> Answered | None:
        """Somebody puts a pushpin on a message."""
        return await self.ask(self.slack.reacted(pointed, by))

    async def looked_home(self, by: str = ANN) -> None:
        """Somebody opens the Home tab."""
        await self.ask(self.slack.opened_home(by))

    async def ask(self, asked: PersonEvent) -> Answered | None:
        """As it comes from the inbox, after the door had its turn; what the asker was answered."""
        before = len(self.people.answers)
        await self.desk.after(asked)
        await self.desk.take(asked)
        await self.settle()
        new = self.people.answers[before:]
        assert len(new) <= 1, [one.words for one in new]
        return new[0] if new else None

    async def declared(self, line: str = '"Search is slow"', by: str = ANN) -> Incident:
        """An incident that somebody typed, in its room."""
        told = await self.typed(f"declare {line}", by)
        assert told is not None
        return await self.record.incident(told.incident_id)

    def said(self, channel_id: str, text: str, by: str = BEN, **more: Any) -> Pointed:
        """Somebody writes in a channel, one that opsbot opened or one of people's own."""
        if channel_id not in self.people.channels:
            self.people.add_channel(channel_id)
        return self.people.say(channel_id, by, text, self.slack.ts(), **more)

    # --- what came of it -----------------------------------------------------------------------

    async def incident(self, incident: Incident) -> Incident:
        """As it stands now."""
        return await self.record.incident(incident.id)

    async def entries(self, incident: Incident) -> Sequence[Entry]:
        return await self.record.entries(incident.id)

    async def numbers(self) -> list[int]:
        """The incidents that are open."""
        ids = await self.record.open_incidents()
        return [(await self.record.incident(one)).number for one in ids]

    async def bodies(self, incident: Incident, kind: type[Any]) -> list[Any]:
        """The bodies of one kind on its record."""
        return [one.body for one in await self.entries(incident) if isinstance(one.body, kind)]

    def lines(self, incident: Incident, slot: str) -> list[str]:
        """What stands in the incident's room under slots that begin so."""
        channel = incident.surface.channel_id
        messages = self.room.channels[channel].messages
        return [message.words for message in messages if message.slot.startswith(slot)]

    def card(self, incident: Incident) -> str:
        """The card in its room, on one line."""
        return " ".join(self.lines(incident, "card")[0].split())

    def public(self, *, but: str = "") -> str:
        """Everything that stands in channels, with what stood there before an edit."""
        return "\n".join(
            word
            for channel in self.room.channels.values()
            if channel.id != but
            for word in (channel.name, channel.topic, repr(channel.messages))
        )


def responder(name: str) -> Person:
    """Somebody the pager knows."""
    return Person(id=f"P{name.upper()}", name=name.title(), email=f"{name}@example.com")


__all__ = ["ADA", "ANN", "BEN", "DEE", "GUS", "SAM", "START", "TOWN", "Office", "action", "replace"]
