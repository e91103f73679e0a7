"""What each verb answers and writes, in every state an incident can be in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Body, Closure, Status
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from tests.commands.office import BEN, TOWN, Office
from tests.core.story import event

State = Callable[[Office], Awaitable[Incident]]
Kinds = tuple[type[Body], ...]


async def triage(office: Office) -> Incident:
    """Nobody has done anything yet."""
    return await office.page()


async def led(office: Office) -> Incident:
    """Ben leads, so it is being investigated."""
    incident = await office.page()
    await office.typed("lead", by=BEN, at=incident.surface.channel_id)
    return await office.incident(incident)


async def resolved(office: Office) -> Incident:
    """Ben said that it is over."""
    incident = await office.page()
    await office.typed("resolve", by=BEN, at=incident.surface.channel_id)
    return await office.incident(incident)


async def closed(office: Office) -> Incident:
    """It recovered by itself."""
    await office.page()
    office.clock.advance(minutes=3)
    return await office.hear(event(Transition.RESOLVED, 3))


STATES: tuple[State, ...] = (triage, led, resolved, closed)
OPEN, OVER = (triage, led), (resolved, closed)

ONLY_THE_LEADS = {"snooze"}  # refused to everybody else while somebody leads
OF_RUNS = {"run", "approve", "deny", "judge"}

# (what is typed in the room, what is written while it is open, once it is over, and what is then
# said); nothing is written where no kind stands.
Row = tuple[str, Kinds, Kinds, str]
ROWS: tuple[Row, ...] = (
    ("severity sev1", (e.SeverityChanged,), (), "over"),
    ('impact "nobody can log in"', (e.ImpactSet,), (e.ImpactSet,), "impact of INC-1 is set"),
    ("note looking", (e.NoteAdded,), (e.NoteAdded,), "Noted"),
    ("lead @me", (e.RoleAssigned,), (), "over"),
    ("status identified", (e.StatusChanged,), (), "over"),
    ("resolve", (e.StatusChanged,), (), "over"),
    ("room", (), (), "over"),
    ("keep", (), (), "over"),
    ("role scribe @me", (e.RoleAssigned,), (), "over"),
    ("mitigate", (e.Mitigated,), (), "say since when"),
    ("mitigate 14:00Z", (e.Mitigated,), (e.Mitigated,), "INC-1 is mitigated since"),
    ("onset 13:58Z", (e.OnsetSet,), (e.OnsetSet,), "INC-1 began"),
    ("update we know more", (e.UpdatePosted,), (e.UpdatePosted,), "update of INC-1"),
    ("handover <@U0ADA>", (), (), "over"),
    ("brief", (), (), "INC-1"),
    ("postmortem", (), (), "INC-1 has no postmortem yet"),
    ("postmortem write", (), (), "The postmortem of INC-1 is being written"),
    ("postmortem lint", (), (), "What the postmortem of INC-1 lacks"),
    ("followup alert on memory", (e.FollowUpSet,), (e.FollowUpSet,), "Follow-up 1 is set"),
    ("reopen", (), (e.StatusChanged,), "INC-1 is open again"),
    ("cancel nobody hit", (e.StatusChanged,), (), "over"),
    ("snooze", (e.CadenceSnoozed,), (), "over"),
    ("page auth-api", (e.PageAsked,), (), "over"),
    ("oncall", (), (), "On call for Checkout API"),
    ("evidence", (), (), "metrics, logs, traces and changes"),
    ("evidence --again", (e.EvidenceAsked,), (), "metrics, logs, traces and changes"),
    ("logs --again", (e.EvidenceAsked,), (), "INC-1: logs of"),
    ("metrics --again", (e.EvidenceAsked,), (), "INC-1: metrics of"),
    ("traces --again", (e.EvidenceAsked,), (), "INC-1: traces of"),
    ("changes --again", (e.EvidenceAsked,), (), "INC-1: changes of"),
    ("redact #2 password", (e.Redacted,), (e.Redacted,), "Entry #2 of INC-1 is redacted"),
    ("undo #2", (), (), "Nothing was undone"),
    ("status", (), (), "INC-1"),
    ("timeline", (), (), "Timeline of INC-1"),
    ("why", (), (), "INC-1"),
    ("help", (), (), "What you can do (INC-1)"),
    ("menu", (), (), "INC-1"),
    ("", (), (), "INC-1"),
    ("list", (), (), "open incident"),
    ("doctor", (), (), "Asking Slack"),
    ("here", (), (), "This channel"),
)  # fmt: skip


def test_every_verb_has_its_row() -> None:
    """declare needs no incident and is the same in every state; runs have states of their own
    (test_running.py)."""
    named = {row[0].partition(" ")[0] for row in ROWS} - {""}
    assert named == {verb.name for verb in Office().book} - {"declare"} - OF_RUNS


async def written(office: Office, incident: Incident, line: str) -> tuple[list[type], str]:
    """The kinds of what the asker's own words added, and what was answered."""
    before = len(await office.entries(incident))
    told = await office.typed(line, at=incident.surface.channel_id)
    assert told is not None
    new = [x for x in (await office.entries(incident))[before:] if x.actor.id == "slack:U0ANN"]
    return [type(x.body) for x in new if not isinstance(x.body, e.PagerAsked)], told.words


@pytest.mark.parametrize("state", OPEN, ids=lambda state: state.__name__)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0] or "(nothing)")
async def test_while_it_is_open(row: Row, state: State) -> None:
    """Ben may lead: whoever acts besides is written as the one who acted."""
    office = Office()
    incident = await state(office)
    kinds, words = await written(office, incident, row[0])
    theirs = state is led and row[0] in ONLY_THE_LEADS
    assert kinds == ([] if theirs else list(row[1]))
    assert words
    assert "is over" not in words


@pytest.mark.parametrize("state", OVER, ids=lambda state: state.__name__)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0] or "(nothing)")
async def test_once_it_is_over(row: Row, state: State) -> None:
    """What would change it says why not; words may still be added and taken out."""
    office = Office()
    incident = await state(office)
    kinds, words = await written(office, incident, row[0])
    assert kinds == list(row[2])
    assert row[3] in words
    kept = e.StatusChanged not in row[2]
    assert ((await office.incident(incident)).status is incident.status) is kept


@pytest.mark.parametrize("state", OVER, ids=lambda state: state.__name__)
@pytest.mark.parametrize("verb", ["severity", "lead", "resolve"])
async def test_no_form_opens_for_what_cannot_be_done_any_more(verb: str, state: State) -> None:
    """Who fills in a form expects that it counts."""
    office = Office()
    incident = await state(office)
    told = await office.pressed(verb, incident.id, at=incident.surface.channel_id)
    assert office.people.forms == []
    assert told is not None
    assert "over" in told.words


async def test_what_somebody_else_leads_is_offered_and_not_taken() -> None:
    """Asking for the lead without a name must not depose Ben; taking over is one press."""
    office = Office()
    incident = await led(office)
    told = await office.typed("lead", at=incident.surface.channel_id)
    assert told is not None
    assert "Ben leads INC-1" in told.words
    assert (await office.incident(incident)).lead.name == "Ben"  # type: ignore[union-attr] # led
    await office.press_of(told, "lead:")
    assert (await office.incident(incident)).lead.name == "Ann"  # type: ignore[union-attr] # led


async def test_only_the_lead_gives_it_up() -> None:
    office = Office()
    incident = await led(office)
    room = incident.surface.channel_id
    told = await office.typed("lead --nobody", at=room)
    assert told is not None
    assert "only they can give it up" in told.words
    await office.typed("lead --nobody", by=BEN, at=room)
    assert (await office.incident(incident)).lead is None


async def test_a_status_set_by_hand_stays() -> None:
    """Back to triage, though Ben leads and the alert is acknowledged."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    office.clock.advance(minutes=1)
    await office.typed("lead --ack", by=BEN, at=room)
    acknowledged = await office.hear(event(Transition.ACKNOWLEDGED, 1))
    assert acknowledged.acknowledged_by is not None
    assert (await office.incident(incident)).status is Status.INVESTIGATING
    await office.typed("status triage", at=room)
    assert (await office.incident(incident)).status is Status.TRIAGE
    await office.typed("note looking again", at=room)
    assert (await office.incident(incident)).status is Status.TRIAGE


@pytest.mark.parametrize(
    ("status", "said"),
    [("resolved", "use resolve"), ("closed", "Use resolve first"), ("cancelled", "use cancel"),
     ("merged", "cannot be merged by its status")],
)  # fmt: skip
async def test_an_incident_ends_by_its_own_verb_only(status: str, said: str) -> None:
    """It asks how it ended; a status alone would not."""
    office = Office()
    incident = await office.page()
    told = await office.typed(f"status {status}", at=incident.surface.channel_id)
    assert told is not None
    assert said in told.words
    assert (await office.incident(incident)).status is Status.TRIAGE


@pytest.mark.parametrize(
    ("word", "closure"),
    [("", Closure.FIXED), ("fixed", Closure.FIXED), ("self-recovered", Closure.SELF_RECOVERED),
     ("false-alarm", Closure.FALSE_ALARM), ("duplicate", Closure.DUPLICATE),
     ("external", Closure.EXTERNAL)],
)  # fmt: skip
async def test_how_it_ended_is_said(word: str, closure: Closure) -> None:
    office = Office()
    incident = await office.page()
    await office.typed(f"resolve {word}", at=incident.surface.channel_id)
    assert (await office.incident(incident)).closure is closure


async def test_outside_a_room_the_number_is_asked_for_or_given() -> None:
    """By number, by the start of a name, by a link to the room."""
    office = Office()
    incident = await office.page()
    asked = await office.typed("severity sev1", at=TOWN)
    assert asked is not None
    assert "INC-1" in asked.words
    assert (await office.incident(incident)).severity is e.Severity.UNSET
    for line, severity in (
        ("severity sev1 INC-1", "SEV1"), ("INC-1", "SEV1"), ("sev2 inc-1", "SEV2"),
        (f"severity sev3 <#{incident.surface.channel_id}|inc-1-error-rate>", "SEV3"),
    ):  # fmt: skip
        await office.typed(line, at=TOWN)
        assert (await office.incident(incident)).severity == severity


async def test_a_number_that_nobody_has_is_said_to_be_nobodys() -> None:
    office = Office()
    await office.page()
    told = await office.typed("severity sev1 INC-7", at=TOWN)
    assert told is not None
    assert "There is no INC-7 that you can see" in told.words
