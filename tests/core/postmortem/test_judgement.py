"""What went well and what badly, by rules with thresholds; never a person's fault."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from opsbot.core.event import Transition
from tests.core.postmortem.drafted import drafted, text
from tests.documents import records
from tests.documents.pen import KIM, PAGED_ROBIN, ROBIN, Pen, at


def judged(pen: Pen) -> tuple[str, str]:
    document = drafted(pen)
    return text(document.went_well), text(document.went_badly)


@pytest.mark.parametrize(
    ("minutes", "side", "words"),
    [
        (5, 0, "acknowledged after 5 min"),
        (5.1, None, "acknowledged after"),  # neither fast nor slow
        (15, 1, "waited 15 min for an answer"),
    ],
)
def test_an_answer_within_five_minutes_is_fast_and_after_fifteen_slow(
    minutes: float, side: int | None, words: str
) -> None:
    pen = Pen()
    pen.page(0)
    pen.alert(Transition.ACKNOWLEDGED, minutes, by=PAGED_ROBIN)
    told = judged(pen)
    assert [words in one for one in told] == [side == 0, side == 1]


def test_a_promise_of_an_update_that_was_not_kept_is_named_with_how_late() -> None:
    pen = Pen()
    pen.page(0)
    pen.write(e.UpdatePosted(text="looking", next_by=at(30)), 1, by=KIM)
    pen.write(e.UpdatePosted(text="found it", next_by=at(80)), 52, by=KIM)
    pen.status(Status.RESOLVED, 60, "done", by=ROBIN, closure=Closure.FIXED)
    assert "An update came later than promised, by up to 22 min." in judged(pen)[1]


def test_an_incident_that_came_back_had_been_declared_over_too_early() -> None:
    assert "It came back 20 min after it had been declared over." in judged(records.reopened())[1]


def test_what_was_no_incident_is_not_judged() -> None:
    assert judged(records.cancelled()) == ("", "")


def test_a_lead_that_was_given_up_for_long_is_a_stretch_without_one() -> None:
    pen = Pen()
    pen.page(0)
    pen.lead(1)
    pen.write(e.RoleAssigned(role=e.Role.LEAD, slack_id="", name=""), 5, by=ROBIN)
    pen.lead(20, KIM)
    assert "Nobody led it for 15 min in between." in judged(pen)[1]
