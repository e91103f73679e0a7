"""What people asked while opsbot or Slack was away: done once, and answered when it can be."""

from __future__ import annotations

from pathlib import Path

from opsbot.core import entry as e
from opsbot.core.entry import Severity
from opsbot.sandbox.slack import faults
from tests.stories.theatre import NO_EVIDENCE, both_doors, stored_in, theatre


async def test_what_was_acknowledged_before_a_kill_is_done_once_and_answered(tmp_path: Path):
    """Both are in the inbox, and nobody has worked on them when opsbot is killed. The form's
    trigger is long gone afterwards, so a button offers it."""
    async with theatre(tmp_path, own_process=True, **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until_room()
        jules, robin = play.as_person("jules"), play.as_person("robin")
        play.stage.slack.faults.add("users.info", faults.slow(30))
        assert (await jules.press(play.card, "lead", copies=2)).ok
        assert (await robin.types("declare")).ok
        await play.stage.bot.kill()
        assert (jules.told, robin.told, page.status) == ([], [], "triggered")
        play.stage.slack.faults.clear("users.info")
        await play.stage.bot.start()
        assert "You lead INC-1" in await jules.hears()
        await play.until(lambda: page.status == "acknowledged", "PagerDuty's acknowledgement")
        leads = [x for x in await play.entries(1) if isinstance(x.body, e.RoleAssigned)]
        assert (len(leads), len(jules.told)) == (1, 1)
        offered = await robin.hears()
        assert "could not be opened in time" in offered
        await robin.press(offered, "declare")
        await robin.form("Declare")


async def test_what_is_asked_while_slack_is_down_is_on_the_record_and_shown_later(
    database_url: str, tmp_path: Path
):
    """Slack still delivers, but its Web API answers nothing: known people are not held up."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        await jules.ask("status", room.id)
        play.stage.slack.faults.down = "503"
        assert (await jules.types("sev1 it spreads", room.id)).ok
        assert "INC-1 is SEV1 now" in await jules.hears()
        assert (await play.numbered(1)).severity is Severity.SEV1
        assert "[SEV1]" not in play.card.text
        play.stage.slack.faults.down = None
        await play.until_card("[SEV1]")
        await play.until(lambda: len(play.lines(room.id)) == 1, "the public line")


async def test_somebody_unknown_is_looked_up_when_slack_is_back(tmp_path: Path):
    """Who they are has to be known before anything is done; until then it waits."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        kim = play.as_person("kim")
        play.stage.slack.faults.down = "503"
        assert (await kim.types('declare "Slack is down" sev2')).ok
        await play.until(
            lambda: any(c.method == "users.info" for c in play.stage.slack.journal.calls), "asked"
        )
        assert kim.told == []
        play.stage.slack.faults.down = None
        assert "INC-1 is open" in await kim.hears()
        await play.until(lambda: bool(play.messages("card")), "its room")


async def test_what_a_person_declared_leaves_no_note_at_the_pager_when_slack_is_away(
    tmp_path: Path,
):
    """The note about a room that is overdue belongs to a page, and here is none."""
    async with theatre(tmp_path, delivery_stuck_after="1s", **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        await robin.ask("list")  # who they are is known from now on
        play.stage.slack.faults.down = "503"
        assert "INC-1 is open" in await robin.ask('declare "Slack is down"')
        await play.until(lambda: play.metric("opsbot_slack_stuck_incidents") == 1, "overdue")
        assert [s.path for s in play.pagerduty.seen if s.method != "GET"] == []
