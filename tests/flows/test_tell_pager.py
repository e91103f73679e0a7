"""What a person does in Slack is done at the pager, in their name, once; and its echo is theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Mode, PagerAct, PagerResult, Severity, Status
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.people import Actor, ActorKind
from opsbot.engine.plain import PlainSteps
from opsbot.flows.tell_pager import tell_pager
from opsbot.ports import Refused, Unsure
from tests.commands.office import BEN, Office, replace
from tests.core.story import details, event
from tests.flows.echo import echo_of, told

LATER = Refused(error="Rate Limit Exceeded", cure="wait", retry_after=timedelta(seconds=2))
NEVER = Refused(error="Requester User Not Found", cure="set from_email in opsbot.yaml")
LOST = Unsure(reason="no answer in time")
KIM = Actor(kind=ActorKind.PERSON, id="pagerduty:PKIM", name="Kim")
ASKS = {"lead --ack": "acknowledge", "resolve": "resolve", "severity sev1": "priority",
        "note looking": "note"}  # fmt: skip
REPEATABLE = [line for line in ASKS if line != "note looking"]


async def did(line: str, office: Office | None = None) -> tuple[Office, Incident]:
    """Ann types the line a minute after the page."""
    office = office or Office()
    incident = await office.page()
    office.clock.advance(minutes=1)
    await office.typed(line, at=incident.surface.channel_id)
    return office, await office.incident(incident)


def results(incident: Incident) -> list[tuple[PagerAct, PagerResult | None]]:
    return [(one.act, one.result) for one in incident.of_pager]


@pytest.mark.parametrize("line", ASKS)
async def test_it_is_done_once_in_the_persons_name(line: str) -> None:
    """With their address, and on the record with the pager's own time."""
    office, incident = await did(line)
    (act,) = office.pager.acts
    assert (act.act, act.alert_id, act.by.email) == (ASKS[line], "PINC1", "ann@example.com")
    assert results(incident) == [(PagerAct(ASKS[line]), PagerResult.DONE)]
    (acted,) = await office.bodies(incident, e.PagerActed)
    assert acted.at == (None if line == "note looking" else act.at)


async def test_a_note_says_whose_it_is_and_that_it_is_ours() -> None:
    """The mark keeps it from coming back as somebody's act."""
    office, _ = await did("note rolled back v2.14")
    (note,) = office.pager.done("note")
    assert note.value == "[opsbot] Ann in Slack: rolled back v2.14"


async def test_somebody_the_pager_does_not_know_acts_as_the_configured_user() -> None:
    office = Office()
    office.people.add("zoe")
    incident = await office.page()
    await office.typed("lead --ack", by="U0ZOE", at=incident.surface.channel_id)
    (act,) = office.pager.acts
    assert act.by.name == "opsbot"


async def test_what_stood_so_before_is_no_failure() -> None:
    """Kim had acknowledged at the pager a moment earlier."""
    office = Office()
    incident = await office.page()
    office.pager.alerts["PINC1"].status = "acknowledged"
    await office.typed("lead --ack", at=incident.surface.channel_id)
    incident = await office.incident(incident)
    assert results(incident) == [(PagerAct.ACKNOWLEDGE, PagerResult.ALREADY)]
    assert "Trouble" not in office.lines(incident, "card")[0]


@pytest.mark.parametrize("line", ASKS)
async def test_what_the_pager_refuses_is_said_in_the_room_with_the_cure(line: str) -> None:
    """On the card and the timeline; it is not tried again."""
    office = Office()
    office.pager.fail(ASKS[line], NEVER)
    office, incident = await did(line, office)
    assert results(incident) == [(PagerAct(ASKS[line]), PagerResult.REFUSED)]
    assert "set from_email in opsbot.yaml" in office.lines(incident, "card")[0]
    assert office.pager.calls.count(ASKS[line]) == 1
    timeline = await office.typed("timeline", at=incident.surface.channel_id)
    assert timeline is not None
    assert "set from_email" in timeline.words


@pytest.mark.parametrize("line", REPEATABLE)
@pytest.mark.parametrize("trouble", [LATER, LOST], ids=["refused for now", "no answer"])
async def test_what_may_be_repeated_is_tried_until_it_is_done(
    line: str, trouble: Refused | Unsure
) -> None:
    office = Office()
    office.pager.fail(ASKS[line], trouble, times=3)
    office, incident = await did(line, office)
    assert results(incident) == [(PagerAct(ASKS[line]), PagerResult.DONE)]
    assert len(office.pager.acts) == 1


@pytest.mark.parametrize("line", REPEATABLE)
async def test_a_lost_answer_is_found_to_be_done(line: str) -> None:
    """It happened: doing it again finds it so, and it was done once."""
    office = Office()
    office.pager.lose(ASKS[line])
    office, incident = await did(line, office)
    assert results(incident) == [(PagerAct(ASKS[line]), PagerResult.ALREADY)]
    assert len(office.pager.acts) == 1


async def test_a_note_whose_answer_was_lost_is_not_written_again() -> None:
    """It cannot be taken back, so a person looks."""
    office = Office()
    office.pager.lose("note")
    office, incident = await did("note looking", office)
    assert results(incident) == [(PagerAct.NOTE, PagerResult.UNSURE)]
    assert len(office.pager.done("note")) == 1
    assert "look at the pager" in office.lines(incident, "card")[0]


async def test_a_note_that_was_begun_before_a_crash_is_not_begun_again() -> None:
    """The claim stands, nobody knows whether it was written: a person looks."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("note looking", "U0ANN", room, trigger="t1"))
    (asked,) = (await office.incident(incident)).of_pager
    await office.record.claim(f"{incident.id}:pager:{asked.seq}", office.clock.now())
    await office.settle()
    assert office.pager.calls.count("note") == 0
    assert results(await office.incident(incident)) == [(PagerAct.NOTE, PagerResult.UNSURE)]


async def test_an_act_that_is_settled_is_left_alone() -> None:
    """The obligation may run again after a crash."""
    office, incident = await did("lead --ack")
    calls = len(office.pager.calls)
    for asked in incident.of_pager:
        arguments = {"incident_id": incident.id, "key": "k", "asked": str(asked.seq)}
        assert await tell_pager(office.ports, PlainSteps(), arguments) is None
    assert len(office.pager.calls) == calls
    assert (await office.incident(incident)).seq == incident.seq


async def test_without_a_pagers_token_the_room_is_told_how_to_give_one() -> None:
    office, incident = await _unpaged()
    assert results(incident) == [(PagerAct.ACKNOWLEDGE, PagerResult.REFUSED)]
    assert "no pager with an API token" in office.lines(incident, "card")[0]


async def _unpaged() -> tuple[Office, Incident]:
    office = Office()
    office.ports = replace(office.ports, pager=None)
    incident = await office.page()
    await office.typed("lead --ack", at=incident.surface.channel_id)
    return office, await office.incident(incident)


@pytest.mark.parametrize("line", ASKS)
async def test_nothing_is_written_at_the_pager_in_shadow_mode(line: str) -> None:
    office = Office(mode=Mode.SHADOW)
    await office.page()
    await office.typed(f"{line} INC-1")
    assert office.pager.calls == []


@pytest.mark.parametrize("line", ASKS)
async def test_nothing_is_written_where_the_settings_say_so(line: str) -> None:
    """And nobody is told that it would be."""
    office = Office(tells_pager=False)
    incident = await office.page()
    words = await office.typed(line, at=incident.surface.channel_id)
    assert words is not None
    assert "in your name" not in words.words
    assert office.pager.acts == []


async def test_only_alerts_that_still_fire_are_told() -> None:
    """Of two, one has cleared; the other is resolved, and gets the note."""
    office = Office()
    incident = await office.page(dedup_key="k")
    office.clock.advance(minutes=1)
    await office.page("PINC2", dedup_key="k")
    await office.hear(event(Transition.RESOLVED, 2))
    await office.typed("note looking", at=incident.surface.channel_id)
    await office.typed("resolve", at=incident.surface.channel_id)
    assert {(one.act, one.alert_id) for one in office.pager.acts} == {
        ("note", "PINC2"), ("resolve", "PINC2"),
    }  # fmt: skip


async def test_a_severity_without_a_priority_asks_for_none() -> None:
    office, incident = await did("severity sev1", Office(severity_by_priority=()))
    assert office.pager.calls.count("priority") == 0
    assert incident.severity is Severity.SEV1


# --- the echo ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [False, True], ids=["webhook", "poll"])
@pytest.mark.parametrize("line", ASKS)
async def test_the_echo_is_the_persons_and_asks_for_nothing_again(line: str, asked: bool) -> None:
    """Whatever account did it there; nothing is done, asked or said because of it."""
    office, incident = await did(line)
    (act,) = office.pager.acts
    posts = len(office.room.messages(incident.surface.channel_id))
    after = await office.hear(echo_of(act, asked=asked))
    assert len(office.pager.acts) == 1
    assert results(after) == results(incident)
    assert (after.status, after.severity, after.lead) == (
        incident.status, incident.severity, incident.lead,
    )  # fmt: skip
    assert len(office.room.messages(incident.surface.channel_id)) == posts
    changed = (await office.entries(incident))[-1]
    echoes = [x for x in await office.entries(incident) if isinstance(x.body, e.AlertChanged)]
    assert changed.seq >= echoes[-1].seq
    assert echoes[-1].actor.id == ("opsbot" if line.startswith("note") else "slack:U0ANN")


@pytest.mark.parametrize("line", ["lead --ack", "resolve", "severity sev1"])
@pytest.mark.parametrize("first", [False, True], ids=["webhook first", "poll first"])
async def test_both_echoes_are_one_line(line: str, first: bool) -> None:
    office, incident = await did(line)
    (act,) = office.pager.acts
    await office.hear(echo_of(act, asked=first))
    once = await office.bodies(incident, e.AlertChanged)
    await office.hear(echo_of(act, asked=not first))
    assert await office.bodies(incident, e.AlertChanged) == once


async def test_resolved_in_slack_its_webhook_changes_nothing() -> None:
    """No question whether it is over, no second ending, no reopening."""
    office, incident = await did("resolve")
    (act,) = office.pager.acts
    after = await office.hear(echo_of(act))
    assert (after.status, after.closure) == (Status.RESOLVED, e.Closure.FIXED)
    assert after.questions == {}
    assert after.over_at == incident.over_at
    assert not after.firing


async def test_an_echo_that_is_quicker_than_the_answer_is_the_persons_too() -> None:
    """The webhook comes while the call is still out."""
    office = Office()
    incident = await office.page()
    office.clock.advance(minutes=1)
    office.pager.lose("acknowledge")
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("lead --ack", "U0ANN", room, trigger="t1"))
    (asked,) = (await office.incident(incident)).of_pager
    arguments = {"incident_id": incident.id, "key": "k", "asked": str(asked.seq)}
    assert await tell_pager(office.ports, PlainSteps(), arguments) is not None
    after = await office.hear(echo_of(office.pager.acts[0]))
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == "slack:U0ANN"


async def test_what_somebody_else_does_later_is_theirs() -> None:
    """Kim acknowledges again three minutes after Ann did from Slack."""
    office, _ = await did("lead --ack")
    await office.hear(echo_of(office.pager.acts[0]))
    office.clock.advance(minutes=3)
    after = await office.hear(told(Transition.ACKNOWLEDGED, office.clock.now(), KIM))
    assert after.acknowledged_by == KIM


async def test_an_act_that_was_refused_has_no_echo() -> None:
    """Kim resolves a minute after the pager had refused Ann."""
    office = Office()
    office.pager.fail("resolve", NEVER)
    office, _ = await did("resolve", office)
    office.clock.advance(minutes=1)
    after = await office.hear(told(Transition.RESOLVED, office.clock.now(), KIM))
    assert after.alerts["PINC1"].by == KIM


async def test_a_priority_that_somebody_sets_at_the_pager_later_counts() -> None:
    """Also back to the one that it had before."""
    office = Office()
    incident = await office.page(said=details(priority="P3"))
    office.clock.advance(minutes=1)
    await office.typed("severity sev1", by=BEN, at=incident.surface.channel_id)
    await office.hear(echo_of(office.pager.acts[0]))
    office.clock.advance(minutes=5)
    back = replace(
        event(Transition.OTHER, 6, by=KIM, said=details(priority="P3")),
        type="incident.priority_updated", id="back",
    )  # fmt: skip
    after = await office.hear(back)
    assert after.severity is Severity.SEV3
    assert len(office.pager.done("priority")) == 1
