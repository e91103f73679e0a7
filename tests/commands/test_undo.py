"""Undo: one's own act, soon after, once, and only while nobody changed the same matter since."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Severity, Status
from opsbot.core.incident import Incident
from tests.commands.office import BEN, START, Office
from tests.fakes.people import Answered


async def did(line: str, office: Office | None = None) -> tuple[Office, Incident, Answered]:
    """Ann types the line in INC-1's room."""
    office = office or Office()
    incident = await office.page()
    told = await office.typed(line, at=incident.surface.channel_id)
    assert told is not None
    return office, incident, told


def matters(incident: Incident) -> tuple[object, ...]:
    """What verbs change."""
    lead = incident.lead and (incident.lead.slack_id, incident.lead.name)
    impact = incident.impact and (incident.impact.text, incident.impact.since)
    note = incident.last_note and incident.last_note.text
    living = incident.living
    roles = {role: [one.slack_id for one in ones] for role, ones in living.roles.items()}
    lived = (
        living.mitigated and living.mitigated.at, living.onset and living.onset.at,
        living.update and living.update.text, living.offer and living.offer.to_slack_id,
        tuple((one.item, one.text, one.is_open) for one in living.follow_ups),
    )  # fmt: skip
    return incident.severity, incident.status, lead, impact, note, roles, lived


UNDOABLE = ("severity sev1", "lead", "lead <@U0BEN>", 'impact "nobody can log in" since -20m',
            "note looking", "status identified", "role scribe @me", "role expert <@U0BEN>",
            "mitigate -1m", "onset -30m", "update we know more", 'followup "alert on memory"',
            )  # fmt: skip


@pytest.mark.parametrize("line", UNDOABLE)
async def test_what_was_just_done_is_taken_back_by_one_press(line: str) -> None:
    """Everything stands as before, and the record says that it was done and taken back."""
    office, incident, told = await did(line)
    before, done = matters(incident), matters(await office.incident(incident))
    assert done != before
    answered = await office.press_of(told, "undo:")
    assert answered is not None
    assert answered.words == "Undone."
    after = matters(await office.incident(incident))
    # Taking the lead began the investigation; giving it back does not end that.
    assert (after[0], *after[2:]) == (before[0], *before[2:])
    assert after[1] is (Status.INVESTIGATING if line.startswith("lead") else before[1])


@pytest.mark.parametrize("line", UNDOABLE)
async def test_it_goes_back_to_what_held_before_and_not_to_nothing(line: str) -> None:
    """Ben had said otherwise; that holds again."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    for earlier in ("severity sev3", "lead", 'impact "slow"', "note first", "status monitoring",
                    "role scribe @me", "mitigate -5m", "onset -40m", "update first",
                    "followup first"):  # fmt: skip
        await office.typed(earlier, by=BEN, at=room)
    before = matters(await office.incident(incident))
    taken = "lead @me" if line == "lead" else line
    if taken == "lead <@U0BEN>":
        await office.typed("lead @me", at=room)
        before = matters(await office.incident(incident))
    told = await office.typed(taken, at=room)
    assert told is not None
    await office.press_of(told, "undo:")
    assert matters(await office.incident(incident)) == before


@pytest.mark.parametrize("line", UNDOABLE)
async def test_a_second_time_it_is_refused(line: str) -> None:
    office, incident, told = await did(line)
    await office.press_of(told, "undo:")
    seq = (await office.incident(incident)).seq
    again = await office.press_of(told, "undo:")
    assert again is not None
    assert "Nothing was undone" in again.words
    assert (await office.incident(incident)).seq == seq


@pytest.mark.parametrize("line", UNDOABLE)
async def test_nobody_takes_back_what_somebody_else_did(line: str) -> None:
    """By button or by number."""
    office, incident, told = await did(line)
    seq = (await office.incident(incident)).seq
    (undo,) = (action for action in told.actions if action.startswith("undo:"))
    entry = undo.partition("=")[2]
    by_button = await office.pressed(undo, incident.id, by=BEN)
    typed = await office.typed(f"undo #{entry}", by=BEN, at=incident.surface.channel_id)
    for refused in (by_button, typed):
        assert refused is not None
        assert "it was Ann who did that" in refused.words
    assert (await office.incident(incident)).seq == seq


@pytest.mark.parametrize(
    ("line", "since"),
    [("severity sev1", "severity sev2"), ("lead", "lead @me"), ('impact "a"', 'impact "b"'),
     ("status identified", "status triage"), ("role scribe @me", "role scribe <@U0BEN>"),
     ("mitigate -1m", "mitigate -2m"), ("onset -30m", "onset -20m"), ("update a", "update b"),
     ("followup a", "followup #1 b"), ("role expert <@U0ADA>", "role expert <@U0ADA> --gone")],
)  # fmt: skip
async def test_what_somebody_changed_since_stays(line: str, since: str) -> None:
    """Ben corrected it: taking back the first would override him."""
    office, incident, told = await did(line)
    await office.typed(since, by=BEN, at=incident.surface.channel_id)
    held = matters(await office.incident(incident))
    refused = await office.press_of(told, "undo:")
    assert refused is not None
    assert "it has been changed again since" in refused.words
    assert matters(await office.incident(incident)) == held


@pytest.mark.parametrize(
    ("line", "since"),
    [("role scribe @me", "role deputy @me"), ("role expert @me", "role expert <@U0BEN>"),
     ("role scribe @me", "lead @me"), ("followup a", "followup b")],
)  # fmt: skip
async def test_another_matter_of_the_same_kind_does_not_keep_it(line: str, since: str) -> None:
    office, incident, told = await did(line)
    await office.typed(since, by=BEN, at=incident.surface.channel_id)
    answered = await office.press_of(told, "undo:")
    assert answered is not None
    assert answered.words == "Undone."


async def test_another_note_does_not_keep_one_from_being_taken_back() -> None:
    office, incident, told = await did("note looking at the pool")
    await office.typed("note found it", by=BEN, at=incident.surface.channel_id)
    await office.press_of(told, "undo:")
    notes = [one.text for one in await office.bodies(incident, e.NoteAdded)]
    assert notes == ["looking at the pool", "found it"]
    assert (await office.incident(incident)).last_note.text == "found it"  # type: ignore[union-attr] # noted


async def test_too_long_ago_it_is_refused_with_what_to_do() -> None:
    office, _, told = await did("severity sev1")
    office.clock.advance(hours=13)
    refused = await office.press_of(told, "undo:")
    assert refused is not None
    assert "too long ago; say what holds now instead" in refused.words


@pytest.mark.parametrize("line", ["undo #1", "undo #9999", "undo #2"])
async def test_what_machines_did_cannot_be_taken_back(line: str) -> None:
    office, incident, told = await did(line)
    assert "there is nothing to take back" in told.words
    assert (await office.incident(incident)).seq == incident.seq


async def test_resolving_is_taken_back_by_number() -> None:
    """It offers no button: the pager has been told already."""
    office, incident, told = await did("resolve")
    assert told.actions == []
    entries = await office.entries(incident)
    (over,) = (one.seq for one in entries if isinstance(one.body, e.StatusChanged))
    answered = await office.typed(f"undo #{over}", at=incident.surface.channel_id)
    assert answered is not None
    assert answered.words == "Undone."
    assert (await office.incident(incident)).status is Status.TRIAGE


async def test_taking_back_a_taking_back_does_it_again() -> None:
    """Whoever undoes by mistake types the number of the undoing."""
    office, incident, told = await did("severity sev1")
    await office.press_of(told, "undo:")
    seq = (await office.entries(incident))[-1].seq
    entries = await office.entries(incident)
    undone = [x.seq for x in entries if isinstance(x.body, e.SeverityChanged)][-1]
    assert undone <= seq
    await office.typed(f"undo #{undone}", at=incident.surface.channel_id)
    assert (await office.incident(incident)).severity is Severity.SEV1


async def test_a_severity_that_is_taken_back_is_taken_back_at_the_pager() -> None:
    """The priority that held before is set again."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("severity sev3", at=room)
    told = await office.typed("severity sev1", at=room)
    assert told is not None
    await office.press_of(told, "undo:")
    assert [one.value for one in office.pager.done("priority")] == ["P3", "P1", "P3"]


async def test_a_note_that_is_taken_back_at_once_never_reaches_the_pager() -> None:
    """It is asked for with the note, and looked at again when it is done."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    asked = office.slack.typed("note looking", "U0ANN", room, trigger="t1")
    await office.desk.take(asked)
    entries = await office.entries(incident)
    (seq,) = (one.seq for one in entries if isinstance(one.body, e.NoteAdded))
    await office.desk.take(office.slack.typed(f"undo #{seq}", "U0ANN", room, trigger="t2"))
    await office.settle()
    assert office.pager.done("note") == []
    assert office.clock.now() == START


async def test_a_message_that_ben_pinned_is_bens_to_take_back() -> None:
    """Pinning it again by Ann adds nothing, so there is nothing of hers."""
    office = Office()
    incident = await office.page()
    said = office.said(incident.surface.channel_id, "rolled back")
    await office.chose_note(said, by=BEN)
    told = await office.chose_note(said)
    assert told is not None
    assert told.actions == []
    assert len(await office.bodies(incident, e.NoteAdded)) == 1


async def test_a_pin_that_was_taken_back_can_be_pinned_again() -> None:
    """Taken back by mistake, pinned once more: it is on the timeline, as it says."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    said = office.said(room, "rolled back")
    told = await office.chose_note(said)
    assert told is not None
    await office.press_of(told, "undo:")
    again = await office.chose_note(said)
    assert again is not None
    shown = await office.typed("timeline", at=room)
    assert shown is not None
    assert "rolled back" in shown.words
