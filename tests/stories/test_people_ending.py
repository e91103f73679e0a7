"""How people end incidents: here and at the pager, and what comes back from there."""

from __future__ import annotations

from pathlib import Path

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from tests.stories.theatre import NO_EVIDENCE, theatre


async def test_resolving_by_form_ends_the_alert_that_still_fires_in_the_persons_name(
    tmp_path: Path,
):
    """And the incident stays ended when PagerDuty says that the alert resolved."""
    async with theatre(tmp_path, by_socket=True, **NO_EVIDENCE) as play:
        page = await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        await jules.press(play.card, "lead")
        await play.until_card("lead Jules Demo")
        await jules.press(play.card, "resolve")
        await jules.form("Resolve")
        assert (await jules.submit(closure="fixed", reason="rolled back to v1.8.4")).ok
        await play.until(lambda: page.status == "resolved", "PagerDuty's resolution")
        assert page.log[-1].agent.name == "Jules Demo"
        await play.pagerduty.settled(page)
        incident = await play.until_record(
            page, lambda i: not i.firing and all(a.result for a in i.of_pager)
        )
        assert (incident.status, incident.closure) == (Status.RESOLVED, Closure.FIXED)
        ends = [x for x in await play.entries(1) if isinstance(x.body, e.StatusChanged)
                and x.body.status.is_over]  # fmt: skip
        assert len(ends) == 1
        assert not incident.questions, "nobody is asked whether it is over"
        await play.until(
            lambda: any("ended the incident: fixed" in line for line in play.lines(room.id)),
            "one public line",
        )
        (digest,) = play.messages("digest")
        await play.until(lambda: "fixed after" in digest.text, "the digest's card struck")


async def test_a_resolution_at_pagerduty_asks_the_room_and_a_button_keeps_it_open(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until_room()
        jules = play.as_person("jules")
        await jules.press(play.card, "lead")
        await play.until(lambda: page.status == "acknowledged", "acknowledged")
        await play.pagerduty.resolve(page, "Kim Example")
        await play.until(lambda: bool(play.messages("post:alert_cleared")), "the question")
        (asked,) = play.messages("post:alert_cleared")
        assert "INC-1 stays open" in await jules.presses(asked, "keep")
        await play.until(lambda: "kept open - Jules Demo" in asked.text, "the answer, publicly")
        assert (await play.numbered(1)).status is Status.INVESTIGATING
        await play.pagerduty.reopen(page)
        await play.until_record(page, lambda i: i.firing)
        assert (await play.numbered(1)).reopened == 0


async def test_a_page_that_fires_again_reopens_what_a_person_ended(tmp_path: Path):
    """Only firing anew does: the alert that still fired when it was ended does not."""
    async with theatre(tmp_path, tell_pager=False, **NO_EVIDENCE) as play:
        page = await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        assert "INC-1 is resolved" in await jules.ask("resolve false-alarm", room.id)
        await play.pagerduty.annotate(page, "Kim Example", "still looking")
        await play.pagerduty.settled(page)
        await play.until_record(page, lambda i: i.last_note is not None)
        assert (await play.numbered(1)).closure is Closure.FALSE_ALARM
        await play.pagerduty.resolve(page)
        await play.until_record(page, lambda i: not i.firing)
        await play.pagerduty.reopen(page)
        incident = await play.until_record(page, lambda i: not i.status.is_over)
        assert incident.reopened == 1
        await play.until(lambda: "open" in room.topic.value, "the topic")


async def test_verbs_that_make_no_sense_when_it_is_over_say_so(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        await robin.ask('declare "Search is slow"')
        await robin.ask("resolve INC-1")
        for words in ("severity sev1 INC-1", "lead INC-1", "room INC-1", "resolve INC-1"):
            assert "INC-1 is over (fixed); nothing was done" in await robin.ask(words)
        assert "Noted" in await robin.ask('note INC-1 "learnt: check the index"')
        assert "learnt: check the index" in await robin.ask("status INC-1")
