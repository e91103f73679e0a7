"""The story, the people in it and the runs, as the record tells them."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Role
from opsbot.core.event import Transition
from opsbot.core.people import Actor, ActorKind, Invited
from opsbot.core.postmortem.material import NO_BACKGROUND, material
from opsbot.core.postmortem.narration import narrated
from opsbot.core.run_entry import Phase
from tests.core.postmortem.drafted import drafted, sentences, text
from tests.documents import records
from tests.documents.pen import KIM, PAGED_ROBIN, ROBIN, Pen


def test_the_story_goes_from_the_first_sign_to_the_end() -> None:
    story = drafted(records.rolled_back_and_verified()).story
    assert [phase.title for phase in story] == [
        "Before anybody knew", "The response", "The way out",
    ]  # fmt: skip
    before, response, way_out = (text(phase.sentences) for phase in story)
    assert before.startswith("Logs of auth-api and session-validation had been silent since 09:00")
    assert "At 11:52, deploy v2.14 of session-validation went live (" in before
    assert "Robin Sample acknowledged it at 12:09, took the lead at 12:10" in response
    assert "Kim Example approved rollback-deploy at 12:16" in way_out


def test_every_return_is_a_part_of_the_story_of_its_own() -> None:
    titles = [phase.title for phase in drafted(records.reopened()).story]
    assert titles == ["The response", "The way out", "It came back", "The way out"]


def test_a_long_story_is_shortened_and_says_so() -> None:
    pen = Pen()
    pen.page(0)
    for minute in range(1, 40):
        pen.note(f"look {minute}", minute)
    (response,) = drafted(pen).story
    *told, rest = response.sentences
    assert len(told) <= 18
    assert rest.text == "22 more lines of this time can be read in the timeline."
    assert "look 39" in told[-1].text


def test_one_person_s_acts_of_one_minute_are_one_sentence_with_one_time() -> None:
    pen = Pen()
    pen.page(0)
    pen.alert(Transition.ACKNOWLEDGED, 1.1, by=PAGED_ROBIN)
    pen.lead(1.2)
    told = text(drafted(pen).story[0].sentences)
    assert "Robin Sample acknowledged it and took the lead at 12:01." in told


def test_who_took_a_role_away_is_named_and_not_whoever_had_it() -> None:
    """Only who gives up their own role gives it up."""
    pen = Pen()
    pen.page(0)
    kim, robin = "U0KIM", "U0ROBIN"
    moves = (
        (Role.SCRIBE, robin, False, ROBIN, "Robin Sample took the role of scribe"),
        (Role.SCRIBE, "", False, KIM, "Kim Example relieved Robin Sample of the role of scribe"),
        (Role.SCRIBE, "", False, KIM, "left the role of scribe to nobody"),
        (Role.SCRIBE, kim, False, ROBIN, "Robin Sample gave Kim Example the role of scribe"),
        (Role.SCRIBE, "", False, KIM, "Kim Example gave up the role of scribe"),
        (Role.EXPERT, robin, False, KIM, "gave Robin Sample the role of expert"),
        (Role.EXPERT, robin, True, KIM, "relieved Robin Sample of the role of expert"),
        (Role.EXPERT, kim, False, KIM, "Kim Example took the role of expert"),
        (Role.EXPERT, kim, True, KIM, "Kim Example gave up the role of expert"),
        (Role.LEAD, robin, False, KIM, "gave Robin Sample the lead"),
        (Role.LEAD, "", False, KIM, "relieved Robin Sample of the lead"),
    )
    names = {kim: KIM.name, robin: ROBIN.name, "": ""}
    for minute, (role, slack_id, gone, by, _) in enumerate(moves, start=1):
        body = e.RoleAssigned(role=role, slack_id=slack_id, name=names[slack_id], gone=gone)
        pen.write(body, minute, by=by)
    about = material(pen.incident, pen.entries, NO_BACKGROUND)
    moved = [entry for entry in about.entries if isinstance(entry.body, e.RoleAssigned)]
    clauses = [narrated(about, {}, entry) for entry in moved]
    told = [f"{clause.who} {clause.did}" for clause in clauses if clause]
    assert [words in line for (*_, words), line in zip(moves, told, strict=True)] == [True] * 11, (
        told
    )


def test_names_of_one_person_at_the_pager_and_in_slack_are_one_responder() -> None:
    pen = Pen()
    pen.page(0)
    elsewhere = Actor(kind=ActorKind.PERSON, id="slack:U0ROBIN", name="robin")
    pen.lead(1)
    pen.note("hello", 2, elsewhere)
    invited = Invited(person_id="PROBIN", slack_id="U0ROBIN", name="Robin Sample")
    pen.write(e.PeopleInvited(invited=(invited,), missing=()), 1)
    people = drafted(pen).responders
    assert [(one.name, one.parts) for one in people] == [
        ("Robin Sample", ("lead", "reported what they saw"))
    ]


# --- runs ---------------------------------------------------------------------------------------


def test_a_run_tells_what_ran_who_allowed_it_and_what_it_changed() -> None:
    (run,) = drafted(records.rolled_back_and_verified()).runs
    assert run.preview[0].text.startswith("1. kubernetes: roll deployment/session-validation")
    assert "Kim Example (on call for session-validation) approved it at 12:16, 1 min later." in (
        text(run.sentences)
    )
    assert run.verdict is not None
    assert run.verdict.text.endswith("fell from 9.1 % to 0.2 % in 1 min 30 s.")
    assert [(step.name, step.outcome, step.took) for step in run.steps] == [
        ("roll-back", "succeeded", "21.4 s")
    ]


def test_breaking_the_glass_is_said_with_its_reason_wherever_the_run_is_told() -> None:
    document = drafted(records.glass_broken())
    run = document.runs[1]
    assert run.break_glass == "nobody answers and orders are lost"
    for part in (document.story, document.went_badly, document.runs):
        assert "nobody answers and orders are lost" in text(sentences(part))


def test_a_step_that_was_begun_and_never_ended_is_unknown() -> None:
    pen = Pen()
    pen.page(0)
    pen.request(1)
    pen.write(e.RunStarted(run_id="r1"), 2)
    started = e.StepStarted(run_id="r1", phase=Phase.STEPS, step=0, name="roll-back", boot="b")
    pen.write(started, 3)
    (run,) = drafted(pen).runs
    assert (run.outcome, run.steps[0].outcome) == ("running", "unknown")


def test_who_relieved_the_lead_is_named_among_those_who_led() -> None:
    pen = Pen()
    pen.page(0)
    pen.lead(1)
    pen.write(e.RoleAssigned(role=Role.LEAD, slack_id="", name=""), 2, by=KIM)
    pen.lead(3)
    pen.write(e.RoleAssigned(role=Role.LEAD, slack_id="", name=""), 4, by=ROBIN)
    response = text(drafted(pen).response)
    assert "Kim Example relieved Robin Sample of the lead at 12:02." in response
    assert "Robin Sample gave it up at 12:04." in response
