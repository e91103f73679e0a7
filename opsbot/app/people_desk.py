"""Where people's deliveries end: forms opened straight after the acknowledgement, everything else
handed from the inbox to the flow that answers it."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from opsbot.core.card import Card, line
from opsbot.core.form import Choice
from opsbot.core.invocation import (
    Caller,
    ChannelChanged,
    HomeOpened,
    How,
    Invocation,
    MemberJoined,
    PersonEvent,
)
from opsbot.core.reading import interpret
from opsbot.core.standing import Standing
from opsbot.core.verb import Verb
from opsbot.flows.act import act
from opsbot.flows.answering import scene_of, understand
from opsbot.flows.channel_turn import channel_turn
from opsbot.flows.greet import greet
from opsbot.flows.show_home import show_home
from opsbot.ports import Done, PeopleSurface, Ports
from opsbot.slack.accounts import Accounts
from opsbot.slack.payloads_claims import Ourselves

log = logging.getLogger(__name__)
_REMEMBERED = 2_000  # forms that were opened
_MOST_CHOICES = 100
_TRIGGER_LIVES = 3.5  # seconds
_STARTS_WITHIN = 0.5  # seconds until the door begins to open a form that it has acknowledged


class PeopleDesk:
    """Answers what people do; `book` holds every verb."""

    def __init__(
        self, ports: Ports, book: tuple[Verb, ...], accounts: Accounts,
        ourselves: Callable[[], Ourselves],
    ) -> None:  # fmt: skip
        self._ports, self._book, self._accounts = ports, book, accounts
        self._ourselves = ourselves
        self._opened: OrderedDict[str, asyncio.Future[bool]] = OrderedDict()

    # --- straight after the acknowledgement ---------------------------------------------------

    async def after(self, event: PersonEvent) -> None:
        """Open the form that comes first, if one does: its trigger lives three seconds, so there
        is one try, and the answer behind the inbox offers it again."""
        people = self._ports.people
        if not isinstance(event, Invocation) or not event.trigger_id or people is None:
            return
        opening, opened = self._opening(event.id), False
        try:
            opened = await self._open_form(people, event)
        finally:
            if not opening.done():
                opening.set_result(opened)

    async def _open_form(self, people: PeopleSurface, event: Invocation) -> bool:
        standing = await people.standing(event.caller)
        if not isinstance(standing, Done):
            return False
        rules, now = self._ports.rules, self._ports.clock.now()
        understood = await understand(
            self._ports.record, self._book, event, standing.value, rules, now
        )
        verb = understood.verb
        if verb is None or verb.form is None or not understood.wants_form:
            return False
        scene = scene_of(understood, self._book, standing.value, rules, now)
        outcome = await people.open_form(
            event.trigger_id, verb.form(scene, understood.reading.values)
        )
        return isinstance(outcome, Done)

    def _opening(self, event_id: str) -> asyncio.Future[bool]:
        """What becomes of the form of an event, for whoever waits to know."""
        opening = self._opened.get(event_id)
        if opening is None:
            opening = self._opened[event_id] = asyncio.get_running_loop().create_future()
            while len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return opening

    async def form_opened(self, event_id: str) -> bool:
        """Whether the door opened the form of this event; waits a trigger's life for it. After a
        restart nobody opens it, and the wait ends soon."""
        known = event_id in self._opened
        try:
            patience = _TRIGGER_LIVES if known else _STARTS_WITHIN
            return await asyncio.wait_for(asyncio.shield(self._opening(event_id)), patience)
        except TimeoutError:
            return False

    def validate(self, submitted: Invocation) -> Mapping[str, str]:
        """A sentence for each field that cannot be taken; from memory."""
        me = self._accounts.remembered(submitted.caller.user_id)
        reading = interpret(
            submitted, self._book, me=me or Standing(slack_id=submitted.caller.user_id),
            rules=self._ports.rules, now=self._ports.clock.now(),
        )  # fmt: skip
        # Slack shows these as plain text, in which a backtick is only a backtick.
        return {p.parameter: p.sentence.replace("`", "'") for p in reading.problems}

    def suggest(self, field: str, typed: str, caller: Caller) -> Sequence[Choice]:
        """Services whose name holds what was typed, those that begin with it first."""
        if field != "service":
            return ()
        wanted = typed.strip().casefold()
        services = self._ports.rules.catalogue.services
        names = [s.name for s in services if wanted in s.name.casefold()]
        names.sort(key=lambda name: (not name.casefold().startswith(wanted), name))
        return [Choice(value=name, label=name) for name in names[:_MOST_CHOICES]]

    async def apologise(self, event: PersonEvent, sentence: str) -> None:
        """Tell somebody that what they did could not be kept."""
        if isinstance(event, Invocation) and self._ports.people is not None:
            await self._ports.people.answer(event, Card(header="", lines=(line(sentence),)))

    # --- from the inbox -------------------------------------------------------------------------

    async def take(self, event: PersonEvent) -> float | None:
        """Do what one event asks for; seconds to wait when it cannot be done yet."""
        if event.caller.user_id == self._ourselves().bot_user_id:
            return None  # Slack tells us of our own acts, too
        match event:
            case Invocation(verb="home"):
                page = event.values.get("page", "0")
                await show_home(self._ports, _home(event, int(page) if page.isdecimal() else 0))
            case Invocation():
                wait = await act(self._ports, self._book, event, self.form_opened)
                if wait is None and _is_from_home(event):
                    await show_home(self._ports, _home(event, 0))
                return wait
            case HomeOpened():
                await show_home(self._ports, event)
            case MemberJoined():
                await greet(self._ports, event)
            case ChannelChanged():
                await channel_turn(self._ports, event)
        return None


def _is_from_home(event: Invocation) -> bool:
    """Whether it was done on the Home tab, or in a form opened there: they know no channel. Slack
    draws neither anew by itself, so a button would stay that has been pressed."""
    return event.how in (How.BUTTON, How.FORM) and not event.place.channel_id


def _home(event: Invocation, page: int) -> HomeOpened:
    return HomeOpened(id=event.id, occurred_at=event.occurred_at, caller=event.caller, page=page)
