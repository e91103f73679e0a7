"""One incident's life by webhook and by asking: both tell the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from opsbot.core.event import AlertEvent, Transition
from opsbot.core.people import ActorKind
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.pagerduty_incident import Incident
from tests.integrations.pagerduty_stage import Both, both, types

ROBIN, KIM = "Robin Sample", "Kim Example"
Act = Callable[[PagerDutyServer, Incident], Awaitable[None]]

LIFE: tuple[tuple[str, Act], ...] = (
    ("acknowledged", lambda pd, one: pd.acknowledge(one, ROBIN)),
    ("annotated", lambda pd, one: pd.annotate(one, ROBIN, "Looking at the\n <!channel> pool.")),
    ("priority_updated", lambda pd, one: pd.set_priority(one, "P1", KIM)),
    ("reassigned", lambda pd, one: pd.reassign(one, [KIM, "Noor Fixture"], ROBIN)),
    ("unacknowledged", lambda pd, one: pd.unacknowledge(one)),
    ("escalated", lambda pd, one: pd.escalate(one)),
    ("resolved", lambda pd, one: pd.resolve(one)),
    ("reopened", lambda pd, one: pd.reopen(one, ROBIN)),
    ("delegated", lambda pd, one: pd.delegate(one, "payments", KIM)),
    ("annotated", lambda pd, one: pd.annotate(one, None, "A rule wrote this.")),
    ("resolved", lambda pd, one: pd.resolve(one, ROBIN)),
)


async def lived(stage: Both, *, asking: bool) -> Incident:
    """A whole life, minutes apart; with a question after each act, or without."""
    incident = await stage.pagerduty.trigger()
    for _, act in LIFE:
        if asking:
            await stage.ask(incident.id)
        stage.pass_(1.013)
        await act(stage.pagerduty, incident)
    return incident


def same(polled: AlertEvent, told: AlertEvent) -> None:
    """Everything by which a record recognises an event, and everything a person reads."""
    assert polled.type == told.type
    assert (polled.alert, polled.transition) == (told.alert, told.transition)
    assert (polled.actor.id, polled.actor.kind) == (told.actor.id, told.actor.kind)
    assert (polled.title, polled.known, polled.source) == (told.title, True, told.source)
    assert (polled.note, polled.note_id) == (told.note, told.note_id)
    assert timedelta(0) <= told.occurred_at - polled.occurred_at < timedelta(seconds=1)
    assert (polled.looked_up, told.looked_up) == (True, False)


async def test_asked_after_each_act_the_log_tells_what_the_webhooks_tell() -> None:
    """Pairwise, with the alert described alike; only asking knows when it escalates."""
    async with both() as stage:
        incident = await lived(stage, asking=True)
        await stage.ask(incident.id)
        told = await stage.told()
    polled = [one for key, one in stage.heard.items() if ":state:" not in key]
    assert types(polled) == types(told) == ["triggered", *(name for name, _ in LIFE)]
    for asked, heard in zip(polled, told, strict=True):
        same(asked, heard)
        at = asked.details and replace(asked.details, escalates_at=None)
        assert at == heard.details


async def test_asked_once_in_the_end_the_log_tells_what_the_webhooks_told() -> None:
    """After an outage: all of it in order, and the alert as it was triggered and as it is now.

    Which policy it had before it was delegated is what the log does not tell.
    """
    async with both() as stage:
        incident = await lived(stage, asking=False)
        polled = await stage.ask(incident.id)
        told = await stage.told()
    for asked, heard in zip(polled, told, strict=True):
        same(asked, heard)
    described = [one for one in polled if one.details is not None]
    assert [one.transition for one in described] == [Transition.TRIGGERED, Transition.RESOLVED]
    first, last = described[0].details, described[-1].details
    assert first is not None
    assert last == told[-1].details
    assert last is not None
    policy = {"teams": last.teams, "escalation_policy_id": last.escalation_policy_id}
    assert told[0].details is not None
    assert first == replace(told[0].details, **policy)


async def test_what_was_told_once_is_told_under_the_same_key_again() -> None:
    """Asking twice is hearing once; so is asking from an earlier time, or another process."""
    async with both() as stage:
        incident = await lived(stage, asking=False)
        await stage.ask()
        assert await stage.ask() == []
        assert await stage.ask(incident.id, since=stage.rig.clock.now()) == []
        assert await stage.ask(incident.id, since=incident.created_at - timedelta(days=400)) == []


@pytest.mark.parametrize("person", [ROBIN, None])
async def test_automation_is_one_actor_both_ways(person: str | None) -> None:
    """The webhook names no agent where the log names the service."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        stage.pass_(1)
        await stage.pagerduty.acknowledge(incident, person)
        (_, asked), (_, heard) = await stage.ask(), await stage.told()
    assert asked.actor.id == heard.actor.id
    assert asked.actor.kind is (ActorKind.PERSON if person else ActorKind.SYSTEM)
    assert (heard.actor.id == "pagerduty") is (person is None)


async def test_an_escalation_to_several_people_is_one_event() -> None:
    """The log has an entry for each of them, in the same second."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        stage.pass_(1)
        stage.pagerduty.publish(stage.pagerduty.account.escalate(incident, None, 1))
        asked = await stage.ask(incident.id)
        stage.pass_(1)
        await stage.pagerduty.acknowledge(incident, ROBIN)
        later = await stage.ask(incident.id)
    entries = [entry.summary for entry in incident.log if entry.kind == "escalate_log_entry"]
    assert entries == [f"Escalated to {ROBIN} by timeout", f"Escalated to {KIM} by timeout"]
    assert types(asked) == ["triggered", "escalated"]
    assert types(later) == ["acknowledged"]
    assert asked[1].summary.endswith(f"escalated the incident to {ROBIN} and {KIM}")


async def test_requests_to_respond_and_their_answers_are_told_both_ways() -> None:
    """The log has no entry for an answer, but the incident itself says who joined and when."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        await stage.ask(incident.id)
        stage.pass_(1.013)
        await stage.pagerduty.ask_to_respond(incident, [ROBIN, KIM], "Noor Fixture", "Please help")
        await stage.ask(incident.id)
        stage.pass_(1.013)
        await stage.pagerduty.reply(incident, ROBIN)
        await stage.pagerduty.reply(incident, KIM, accepted=False)
        await stage.ask(incident.id)
        told = (await stage.told())[1:]
    polled = [one for key, one in stage.heard.items() if ":responder:" in key]
    assert types(polled) == types(told) == ["responder.added"] * 2 + ["responder.replied"] * 2
    for asked, heard in zip(polled, told, strict=True):
        same(asked, heard)
        assert (asked.reply, asked.asks, asked.summary) == (heard.reply, heard.asks, heard.summary)
    answers = [one.reply for one in told if one.reply]
    assert [(one.name, one.accepted) for one in answers] == [(ROBIN, True), (KIM, False)]
    assert [one.asks for one in told] == [True, True, False, False]


async def test_an_answer_that_repeats_our_own_words_is_none_of_ours() -> None:
    """What opsbot asked in is not what the person who answers said."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        words = "[opsbot] Ada asks for you in Slack"
        await stage.pagerduty.ask_to_respond(incident, [ROBIN], KIM, words)
        await stage.pagerduty.reply(incident, ROBIN, message=words)
        added, replied = (await stage.told())[1:]
    assert added.note == words
    assert (replied.note, replied.actor.name) == ("", ROBIN)
    assert replied.summary == f"{ROBIN} accepted the request to respond"
