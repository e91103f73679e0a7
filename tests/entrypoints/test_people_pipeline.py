"""The way in for people: durable before it is acknowledged, whatever came over whichever wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from opsbot.core.form import Choice
from opsbot.core.invocation import Caller, Invocation, PersonEvent
from opsbot.entrypoints.people_pipeline import UNWRITTEN, Hooks, PeoplePipeline
from opsbot.ports import Delivery
from opsbot.slack.payloads import Kind, json_in
from opsbot.slack.payloads_answer import CLEAR, EMPTY, LATER, Ack
from opsbot.slack.payloads_claims import Ourselves
from tests.entrypoints.watching import Watching
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox
from tests.slack import told


@dataclass
class Rig:
    """A pipeline with everything around it within reach."""

    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    watching: Watching = field(default_factory=Watching)
    clock: ManualClock = field(default_factory=ManualClock)
    followed: list[PersonEvent] = field(default_factory=list[PersonEvent])
    apologies: list[tuple[PersonEvent, str]] = field(default_factory=list[Any])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    release: asyncio.Event = field(default_factory=asyncio.Event)
    pipeline: PeoplePipeline = field(init=False)

    def __post_init__(self) -> None:
        hooks = Hooks(
            ourselves=lambda: Ourselves(team_id=told.TEAM, bot_user_id=told.BOT),
            validate=self.validate, suggest=self.suggest, after=self.after,
            apologise=self.apologise,
        )  # fmt: skip
        self.pipeline = PeoplePipeline(self.inbox, self.clock, self.watching, hooks)

    def validate(self, invocation: Invocation) -> dict[str, str]:
        if invocation.verb == "broken":
            raise ZeroDivisionError
        return self.errors

    def suggest(self, field: str, typed: str, caller: Caller) -> list[Choice]:
        if typed == "boom":
            raise ZeroDivisionError
        return [Choice(value=f"{field}-{typed}-{caller.user_id}", label="Checkout")]

    async def after(self, event: PersonEvent) -> None:
        await self.release.wait()
        self.followed.append(event)

    async def apologise(self, event: PersonEvent, sentence: str) -> None:
        self.apologies.append((event, sentence))

    @property
    def stored(self) -> list[Delivery]:
        return [row.delivery for row in self.inbox.rows.values()]


@pytest.fixture
async def rig() -> AsyncGenerator[Rig]:
    rig = Rig()
    yield rig
    rig.release.set()
    await rig.pipeline.close()


EVERY_KIND = [
    (Kind.COMMANDS, told.command(), EMPTY),
    (Kind.EVENTS, told.mention(), EMPTY),
    (Kind.EVENTS, told.reaction(), EMPTY),
    (Kind.INTERACTIONS, told.click(), EMPTY),
    (Kind.INTERACTIONS, told.shortcut(), EMPTY),
    (Kind.INTERACTIONS, told.submission(), CLEAR),
]


@pytest.mark.parametrize(("kind", "payload", "ack"), EVERY_KIND)
async def test_what_people_do_is_stored_whole_and_then_acknowledged(
    rig: Rig, kind: Kind, payload: dict[str, Any], ack: Ack
) -> None:
    """In the lane of people, ahead of machines."""
    assert await rig.pipeline.receive(kind, payload) == ack
    (stored,) = rig.stored
    assert (stored.door, stored.lane) == (f"slack.{kind}", "person")
    assert json_in(stored.body) == {k: v for k, v in payload.items() if k != "token"}
    assert rig.watching.answers == [(200, "accepted")]


@pytest.mark.parametrize(("kind", "payload", "ack"), EVERY_KIND)
async def test_five_copies_at_once_are_stored_once(
    rig: Rig, kind: Kind, payload: dict[str, Any], ack: Ack
) -> None:
    """However often Slack sends it, each copy is acknowledged the same."""
    copies = [rig.pipeline.receive(kind, payload) for _ in range(5)]
    assert await asyncio.gather(*copies) == [ack] * 5
    assert len(rig.stored) == 1
    rig.release.set()
    await rig.pipeline.close()
    assert len(rig.followed) == 1


async def test_what_follows_never_delays_the_acknowledgement(rig: Rig) -> None:
    """A form is opened, Slack is asked who somebody is; both may take long."""
    async with asyncio.timeout(1):
        await rig.pipeline.receive(Kind.COMMANDS, told.command())
    assert not rig.followed
    rig.release.set()
    await rig.pipeline.close()
    assert [event.id for event in rig.followed] == ["command:1.2.abc"]


async def test_talk_and_other_apps_buttons_are_acknowledged_and_not_stored(rig: Rig) -> None:
    """Messages outside rooms are nobody's business."""
    talk = told.mention(type="message", channel_type="channel", text="lunch?")
    other = told.click(told.action(action_id="other:ack"))
    assert await rig.pipeline.receive(Kind.EVENTS, talk) == EMPTY
    assert await rig.pipeline.receive(Kind.INTERACTIONS, other) == EMPTY
    assert not rig.stored
    assert rig.watching.answers == [(200, "ignored")] * 2


@pytest.mark.parametrize("full", [True, False])
async def test_a_command_that_cannot_be_stored_is_answered_in_words(rig: Rig, full: bool) -> None:
    """Slack does not send a command again."""
    rig.inbox.limit, rig.inbox.away = (0 if full else 1), not full
    ack = await rig.pipeline.receive(Kind.COMMANDS, told.command())
    assert ack == Ack(payload={"response_type": "ephemeral", "text": UNWRITTEN})
    assert ack.taken


async def test_an_event_that_cannot_be_stored_is_asked_for_again(rig: Rig) -> None:
    """Slack does send events again."""
    rig.inbox.away = True
    assert await rig.pipeline.receive(Kind.EVENTS, told.mention()) == LATER
    assert not LATER.taken
    rig.inbox.away = False
    assert await rig.pipeline.receive(Kind.EVENTS, told.mention()) == EMPTY
    assert rig.watching.answers == [(503, "inbox unavailable"), (200, "accepted")]


async def test_a_form_that_cannot_be_stored_stays_open(rig: Rig) -> None:
    """What was typed into it would be lost otherwise."""
    rig.inbox.away = True
    ack = await rig.pipeline.receive(Kind.INTERACTIONS, told.submission())
    assert ack.payload == {"response_action": "errors", "errors": {"title": UNWRITTEN}}


async def test_a_press_that_cannot_be_stored_fails_and_its_presser_is_told(rig: Rig) -> None:
    """Its acknowledgement has no room for words."""
    rig.inbox.away = True
    assert await rig.pipeline.receive(Kind.INTERACTIONS, told.click()) == LATER
    await rig.pipeline.close()
    assert [(event.id[:6], words) for event, words in rig.apologies] == [("click:", UNWRITTEN)]


async def test_a_form_with_errors_is_answered_and_not_stored(rig: Rig) -> None:
    """The sentence stands beside its field."""
    rig.errors = {"severity": "Say 1 to 5."}
    ack = await rig.pipeline.receive(Kind.INTERACTIONS, told.submission())
    errors = {"severity": "Say 1 to 5."}
    assert ack.payload == {"response_action": "errors", "errors": errors}
    assert not rig.stored
    rig.errors = {}
    assert await rig.pipeline.receive(Kind.INTERACTIONS, told.submission()) == CLEAR
    assert len(rig.stored) == 1


async def test_a_form_that_could_not_be_checked_is_taken(rig: Rig) -> None:
    """A defect of ours must not eat what somebody typed; it is looked at again later."""
    payload = told.submission()
    payload["view"]["callback_id"] = "opsbot:broken"
    assert await rig.pipeline.receive(Kind.INTERACTIONS, payload) == CLEAR
    assert len(rig.stored) == 1


async def test_choices_come_from_memory_and_nothing_is_stored(rig: Rig) -> None:
    """They are asked for with every letter."""
    ack = await rig.pipeline.receive(Kind.INTERACTIONS, told.suggestion())
    assert ack.payload is not None
    assert [one["value"] for one in ack.payload["options"]] == ["service-check-U1"]
    ack = await rig.pipeline.receive(Kind.INTERACTIONS, told.suggestion(value="boom"))
    assert ack.payload == {"options": []}
    assert not rig.stored


async def test_slacks_own_checks_are_answered(rig: Rig) -> None:
    """The address is proved by echoing a challenge."""
    challenge = {"type": "url_verification", "challenge": "abc"}
    ack = await rig.pipeline.receive(Kind.EVENTS, challenge)
    assert ack.payload == {"challenge": "abc"}
    ssl = {"ssl_check": "1", "token": "x"}
    assert await rig.pipeline.receive(Kind.COMMANDS, ssl) == EMPTY
    assert not rig.stored


HEARD_FROM_ELSEWHERE: dict[str, Any] = {"team_id": "T9", "authorizations": []}
FOR_OPERATORS: list[tuple[dict[str, Any], str]] = [
    ({"type": "app_rate_limited", "team_id": "T1"}, "events held back"),
    (told.mention(team="T9") | HEARD_FROM_ELSEWHERE, "another workspace"),
    (told.event({"type": "tokens_revoked"}), "tokens_revoked"),
]


@pytest.mark.parametrize(("payload", "reason"), FOR_OPERATORS)
async def test_what_an_operator_must_know_is_said(
    rig: Rig, payload: dict[str, Any], reason: str
) -> None:
    """It is acknowledged, because sending it again changes nothing."""
    assert await rig.pipeline.receive(Kind.EVENTS, payload) == EMPTY
    assert not rig.stored
    assert [(refusal.status, refusal.reason) for refusal in rig.watching.refusals] == [
        (200, reason)
    ]


async def test_somebody_from_another_company_is_heard(rig: Rig) -> None:
    """In a shared channel the event is for our installation; whether they may is asked later."""
    shared = told.mention(team="T9", user_team="T9") | {"team_id": "T9"}
    await rig.pipeline.receive(Kind.EVENTS, shared)
    assert len(rig.stored) == 1


async def test_a_failure_of_ours_is_asked_for_again(rig: Rig) -> None:
    """And said nowhere but in the log."""

    class Broken(MemoryInbox):
        async def put(self, delivery: Delivery) -> bool:
            raise ZeroDivisionError

    pipeline = PeoplePipeline(Broken(), rig.clock, rig.watching, Hooks())
    assert await pipeline.receive(Kind.COMMANDS, told.command()) == LATER
    assert rig.watching.answers == [(503, "internal error")]
    await pipeline.close()


async def test_closing_ends_what_will_not_end(rig: Rig) -> None:
    """Nothing outlives the bot."""
    pipeline = PeoplePipeline(
        rig.inbox, rig.clock, rig.watching, Hooks(after=rig.after), closing_within=0.05
    )
    await pipeline.receive(Kind.COMMANDS, told.command())
    before = len(asyncio.all_tasks())
    await pipeline.close()
    assert len(asyncio.all_tasks()) == before - 1
    assert not rig.followed
