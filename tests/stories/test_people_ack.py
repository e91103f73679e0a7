"""A responder takes a page from its card, and PagerDuty and Slack tell the same story of it."""

from __future__ import annotations

from pathlib import Path

from opsbot.core import entry as e
from opsbot.core.entry import PagerAct, PagerResult
from opsbot.core.event import Transition
from tests.stories.theatre import NO_EVIDENCE, both_doors, stored_in, theatre


async def test_ack_and_lead_delivered_five_times_is_one_act_in_the_pressers_name(
    database_url: str, tmp_path: Path
):
    """The echo of the acknowledgement, which PagerDuty sends as a webhook, is no second act."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        page = await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")  # on call
        assert (await jules.press(play.card, "lead", copies=5)).ok
        assert "You lead INC-1" in await jules.hears()
        await play.until(lambda: page.status == "acknowledged", "PagerDuty's acknowledgement")
        await play.until_card("acknowledged by Jules Demo", "investigating", "lead Jules Demo")
        await play.pagerduty.settled(page)
        await play.until_record(page, lambda i: all(a.result for a in i.of_pager))
        assert [str(by.name) for _, by in page.acknowledged] == ["Jules Demo"]
        entries = await play.entries(1)
        leads = [x for x in entries if isinstance(x.body, e.RoleAssigned)]
        asked = [x.body for x in entries if isinstance(x.body, e.PagerAsked)]
        acted = [x.body for x in entries if isinstance(x.body, e.PagerActed)]
        echoes = [x for x in entries if isinstance(x.body, e.AlertChanged)
                  and x.body.transition is Transition.ACKNOWLEDGED]  # fmt: skip
        assert [one.act for one in asked] == [PagerAct.ACKNOWLEDGE]
        assert [one.result for one in acted] == [PagerResult.DONE]
        assert [x.actor.id for x in (*leads, *echoes)] == [f"slack:{jules.id}"] * 2
        await play.until(lambda: play.lines(room.id) == ["Jules Demo leads"], "one public line")
        assert len(jules.told) == 1


async def test_an_acknowledgement_at_pagerduty_shows_on_the_card_with_its_person(tmp_path: Path):
    """And it stays theirs when somebody presses Ack and lead a moment later."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until_room()
        await play.pagerduty.acknowledge(page, "Kim Example")
        await play.until_card("acknowledged by Kim Example")
        jules = play.as_person("jules")
        assert "You lead INC-1." in await jules.presses(play.card, "lead")
        await play.until_card("acknowledged by Kim Example", "lead Jules Demo")
        assert not [x for x in await play.entries(1) if isinstance(x.body, e.PagerAsked)]
        assert [str(by.name) for _, by in page.acknowledged] == ["Kim Example"]


async def test_a_press_that_came_too_late_says_who_leads_and_offers_to_take_over(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules, kim = play.as_person("jules"), play.as_person("kim")
        await kim.press(play.card, "lead")
        await kim.hears()
        told = await jules.ask("lead", room.id)
        assert "Kim Example leads INC-1" in told
        assert "You lead INC-1" in await jules.presses(told, "lead:person=me")
        await play.until_card("lead Jules Demo")
        told = await kim.ask("lead @jules.demo", room.id)
        assert "Jules Demo leads INC-1 already" in told
