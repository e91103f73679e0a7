"""Forms: they open within a trigger's three seconds, or a button offers them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbot.sandbox.slack import faults
from tests.stories.theatre import NO_EVIDENCE, theatre


@pytest.mark.parametrize("by_socket", [False, True], ids=["http", "socket"])
async def test_a_form_opens_although_the_answer_behind_the_inbox_was_quicker(
    tmp_path: Path, by_socket: bool
):
    """The door opens the form while the dispatcher works on the same delivery: one of them."""
    async with theatre(tmp_path, by_socket=by_socket, **NO_EVIDENCE) as play:
        play.stage.slack.faults.add("views.open", faults.slow(0.7), times=1)
        robin = play.as_person("robin")
        await robin.types("declare")
        assert play.stage.slack.people.modal(robin.id) is None
        assert (await robin.form("Declare")).view["callback_id"] == "opsbot:declare"
        await play.until(lambda: play.handled == 1, "the delivery worked on to its end")
        assert robin.told == [], "and no button for a form that stands open"


async def test_a_form_that_slack_did_not_open_is_offered_by_a_button(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        play.stage.slack.faults.add("views.open", faults.error("expired_trigger_id"), times=1)
        robin = play.as_person("robin")
        offered = await robin.ask("declare")
        assert "could not be opened in time" in offered
        await robin.press(offered, "declare")
        await robin.form("Declare")
        assert (await robin.submit(title="Search is slow")).ok
        assert "INC-1 is open" in await robin.hears()


async def test_a_field_that_cannot_be_taken_is_told_beside_it_and_nothing_is_recorded(
    tmp_path: Path,
):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        page = await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        before = (await play.numbered(1)).seq
        await jules.press(play.card, "impact")
        await jules.form("Set the impact")
        await jules.submit(text="31 % of logins fail", since="25:99")
        assert list(jules.wrong) == ["since"]
        assert "is not a time" in jules.wrong["since"]
        assert not (await play.numbered(1)).impact
        await jules.submit(since="-20m")
        assert jules.wrong == {}
        assert play.stage.slack.people.modal(jules.id) is None
        assert "The impact of INC-1 is set" in await jules.hears()
        incident = await play.until_record(page, lambda i: i.impact is not None)
        assert incident.impact
        assert incident.impact.text == "31 % of logins fail"
        await play.until_card("31 % of logins fail")
        assert before < incident.seq
        await play.until(lambda: len(play.lines(room.id)) == 1, "one public line")
