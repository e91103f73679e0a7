"""Every kind of thing that comes to opsbot, and how often each had its effect.

Part of benchmarks.redelivery. An act carries a tag that nothing else carries, so that its effect on
the record can be counted: once is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import rooms
from benchmarks.rooms import find
from opsbot.core import entry as e
from opsbot.core.entry import Body, Entry
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.slack.foreign_json import objects_in
from opsbot.sandbox.stage import Stage
from opsbot.slack.manifest import ADD_TO_TIMELINE
from opsbot.store.record import SqlRecord

WITHIN = 20.0  # seconds, for opsbot to answer what an act needs first
COPIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where people act: one incident's room."""

    stage: Stage
    record: SqlRecord
    page: Page
    incident_id: str
    room_id: str
    card_ts: str

    async def bodies(self) -> Sequence[tuple[Entry, Body]]:
        """Everything on the incident's record."""
        return [(entry, entry.body) for entry in await self.record.entries(self.incident_id)]

    async def notes(self, text: str) -> int:
        """How often these words are on the record."""
        found = [b for _, b in await self.bodies() if isinstance(b, e.NoteAdded)]
        return sum(1 for body in found if text in body.text)


class Kind(ABC):
    """One kind. `person` does it, and nothing else in a run."""

    name: str
    answers = 0  # ephemeral answers that one act should have

    def __init__(self, scene: Scene) -> None:
        self.scene, self.people = scene, scene.stage.slack.people
        workspace = scene.stage.slack.workspace
        short = self.name.replace("_", "-")
        user = workspace.add_user(short, email=f"{short}@example.com", is_admin=True)
        self.person = user.id

    async def come_in(self) -> None:
        """Join the room."""
        await self.people.join(self.person, self.scene.room_id)

    async def prepare(self, tag: str) -> None:  # noqa: B027 - most kinds need nothing
        """What has to stand before the act."""

    @abstractmethod
    async def act(self, tag: str) -> bool:
        """Do it; the sandbox brings it as often as it is told to. False when nobody took the
        first copy and nobody will bring it again, as Slack does not with commands and presses."""

    async def effects(self, tag: str) -> int:
        """How often it took effect; for most kinds the tag is a note's text."""
        return await self.scene.notes(tag)

    async def settle(self, tag: str) -> None:  # noqa: B027 - most kinds leave nothing
        """Clear away what would stand in the next act's way."""


class SlashCommand(Kind):
    name, answers = "slash_command", 1

    async def act(self, tag: str) -> bool:
        room = self.scene.room_id
        answer = await self.people.command(self.person, room, "/incident", f'note "{tag}"')
        return answer.ok


class Click(Kind):
    """Undo, on the answer to a note."""

    name = "button_click"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._notes: dict[str, int] = {}

    async def prepare(self, tag: str) -> None:
        await self.people.command(self.person, self.scene.room_id, "/incident", f'note "{tag}"')
        await until(lambda: self._undo() is not None)

    def _undo(self) -> tuple[str, str] | None:
        """Message and action of the Undo button that this person sees."""
        for shown in reversed(self.scene.stage.slack.workspace.ephemerals):
            if shown.user != self.person:
                continue
            ids = [str(found.get("action_id", "")) for _, found in objects_in(shown.blocks)]
            undo = next((one for one in ids if one.startswith("opsbot:undo:")), None)
            if undo is not None:
                return shown.ts, undo
        return None

    async def act(self, tag: str) -> bool:
        found = self._undo()
        if found is None:
            raise LookupError("there is no Undo button")
        ts, action = found
        self._notes[tag] = int(action.rpartition("=")[2])
        answer = await self.people.click(self.person, self.scene.room_id, ts, action)
        return answer.ok

    async def effects(self, tag: str) -> int:
        seq = self._notes.get(tag)
        return sum(1 for _, body in await self.scene.bodies() if body == e.Withdrawn(seq=seq or 0))


class CardButton(Kind):
    """Take the lead on the card; given up again after each time."""

    name, answers = "card_button", 1

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._before: dict[str, int] = {}

    async def _taken(self) -> int:
        mine = [b for _, b in await self.scene.bodies() if isinstance(b, e.RoleAssigned)]
        return sum(1 for body in mine if body.slack_id == self.person)

    async def prepare(self, tag: str) -> None:
        await rooms.until(self._is_free, WITHIN)
        self._before[tag] = await self._taken()

    async def _is_free(self) -> bool:
        incident = await self.scene.record.incident(self.scene.incident_id)
        return incident.lead is None and self._is_offered()

    async def act(self, tag: str) -> bool:
        room, card = self.scene.room_id, self.scene.card_ts
        await until(self._is_offered)  # the card may lag behind what was done last
        return (await self.people.click(self.person, room, card, "opsbot:lead:ack=yes")).ok

    async def effects(self, tag: str) -> int:
        return await self._taken() - self._before[tag]

    async def settle(self, tag: str) -> None:
        room = self.scene.room_id
        await self.people.command(self.person, room, "/incident", "lead --nobody")

    def _is_offered(self) -> bool:
        workspace = self.scene.stage.slack.workspace
        card = workspace.message(self.scene.room_id, self.scene.card_ts)
        return card is not None and "lead:ack=yes" in str(card.blocks)


class FormSubmission(Kind):
    name, answers = "form_submission", 1

    async def prepare(self, tag: str) -> None:
        await self.people.command(self.person, self.scene.room_id, "/incident", "note")
        await until(lambda: self.people.modal(self.person) is not None)

    async def act(self, tag: str) -> bool:
        view = self.people.modal(self.person)
        if view is None:
            raise LookupError("there is no form")
        return (await self.people.submit(self.person, view.id, {"text": {"value": tag}})).ok


class Said(Kind):
    """A kind that points at a message somebody wrote before."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._ts = ""

    async def prepare(self, tag: str) -> None:
        self._ts = await self.people.say(self.person, self.scene.room_id, tag)


class MessageShortcut(Said):
    name, answers = "message_shortcut", 1

    async def act(self, tag: str) -> bool:
        room = self.scene.room_id
        return (await self.people.shortcut(self.person, ADD_TO_TIMELINE, room, self._ts)).ok


class Reaction(Said):
    name = "reaction"

    async def act(self, tag: str) -> bool:
        await self.people.react(self.person, self.scene.room_id, self._ts, "pushpin")
        return True


class Mention(Kind):
    """Comes twice by itself: as a mention and as a message."""

    name, answers = "mention", 1

    async def act(self, tag: str) -> bool:
        await self.people.say(self.person, self.scene.room_id, f'@opsbot note "{tag}"')
        return True


class ChannelEvent(Kind):
    """The room is renamed."""

    name = "channel_event"

    async def act(self, tag: str) -> bool:
        await self.people.rename(self.person, self.scene.room_id, tag)
        return True

    async def effects(self, tag: str) -> int:
        named = [b for _, b in await self.scene.bodies() if isinstance(b, e.ChannelOpened)]
        return sum(1 for body in named if body.name == tag)


class Home(Kind):
    """Leaves nothing on the record: what counts is that the tab was drawn."""

    name = "home"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._before: dict[str, int] = {}

    def _drawn(self) -> int:
        calls = self.scene.stage.slack.journal.of("views.publish")
        return sum(1 for call in calls if call.ok and call.arguments["user_id"] == self.person)

    async def act(self, tag: str) -> bool:
        self._before[tag] = self._drawn()
        await self.people.open_home(self.person)
        return True

    async def effects(self, tag: str) -> int:
        return self._drawn() - self._before[tag]


class Webhook(Kind):
    """A note at PagerDuty, told by webhook. Asking tells it too, so that both have to agree."""

    name = "webhook"

    async def act(self, tag: str) -> bool:
        pagerduty = self.scene.stage.world.pagerduty
        await pagerduty.annotate(self.scene.page, pagerduty.account.people[0], tag)
        return True


class NewPage(Kind):
    """A page that opens an incident; of low urgency, so that it needs no room."""

    name = "page"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._pages: dict[str, Page] = {}

    async def act(self, tag: str) -> bool:
        pagerduty = self.scene.stage.world.pagerduty
        self._pages[tag] = await pagerduty.trigger(title=tag, urgency="low")
        return True

    async def effects(self, tag: str) -> int:
        record, page = self.scene.record, self._pages.get(tag)
        incident = await find(record, page) if page else None
        if incident is None:
            return 0
        told = [entry.body for entry in await record.entries(incident.id)]
        kinds = [body.event_type for body in told if isinstance(body, e.AlertChanged)]
        return kinds.count("incident.triggered")


class PollLine(Webhook):
    """A note at PagerDuty of which no webhook comes: only asking tells, and each time anew."""

    name = "poll_line"

    async def act(self, tag: str) -> bool:
        pagerduty = self.scene.stage.world.pagerduty
        pagerduty.drop_webhooks()
        await super().act(tag)
        pagerduty.drop_webhooks(False)
        return True


# What is dropped comes first, because dropping loses whatever else is on its way.
KINDS: tuple[type[Kind], ...] = (
    PollLine, Webhook, NewPage, SlashCommand, Click, CardButton, FormSubmission, MessageShortcut,
    Mention, Reaction, ChannelEvent, Home,
)  # fmt: skip


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so; raises TimeoutError."""

    async def now() -> bool:
        return holds()

    await rooms.until(now, WITHIN)
