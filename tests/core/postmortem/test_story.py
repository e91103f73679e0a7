"""The story, the people in it and the runs, as the record tells them."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.event import Transition
from opsbot.core.people import Actor, ActorKind, Invited
from opsbot.core.run_entry import Phase
from tests.core.postmortem.drafted import drafted, sentences, text
from tests.documents import records
from tests.documents.pen import PAGED_ROBIN, Pen


def test_the_story_goes_from_the_first_sign_to_the_end() -> None:
    story = drafted(records.rolled_back_and_verified()).story
    assert [phase.title for phase in story] == [
        "Before anybody knew", "The response", "The way out",
    ]  # fmt: skip
    before, response, way_out = (text(phase.sentences) for phase in story)
    assert before.startswith("Logs of auth-api and session-validation had been silent since 09:00")
    assert "At 11:52 in session-validation: deploy v2.14" in before
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
    assert run.verdict.text.endswith("(9.1 % before, 0.2 % after).")
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
