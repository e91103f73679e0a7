"""The Home tab: what waits for me, pages of open incidents, and buttons that work there."""

from __future__ import annotations

from pathlib import Path

from opsbot.core.home import ON_A_PAGE
from tests.stories.theatre import NO_EVIDENCE, theatre


async def test_home_shows_what_waits_for_me_and_its_buttons_do_it(tmp_path: Path):
    """What was done from there is not offered there any more."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until_room()
        jules, robin = play.as_person("jules"), play.as_person("robin")
        home = await jules.home()
        assert "you were paged, and nobody leads it" in home
        assert "Nothing waits for you" in await robin.home()
        assert "1 open incident" in robin.sees_home()
        assert (await jules.press_home("lead:ack=yes")).ok
        await play.until(lambda: page.status == "acknowledged", "PagerDuty's acknowledgement")
        assert "You lead INC-1" in await jules.hears()
        await play.until(
            lambda: "nobody has said what users notice" in jules.sees_home(), "the next thing to do"
        )
        await jules.press_home("impact")
        await jules.form("impact")
        await jules.submit(text="31 % of logins fail")
        await play.until_card("31 % of logins fail")
        assert "Nothing waits for you" in await jules.home()


async def test_more_incidents_than_fit_are_turned_like_pages(tmp_path: Path):
    async with theatre(tmp_path, slack={"digest_channel": None}, **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        for number in range(ON_A_PAGE + 1):
            await robin.ask(f'declare "trouble number {number}" sev3')
        assert "9 open incidents, page 1 of 2" in await robin.home()
        assert "trouble number 8" in robin.sees_home()
        assert "INC-1 " not in robin.sees_home().partition("Open incidents")[2]
        await robin.press_home("home:page=1")
        await play.until(lambda: "page 2 of 2" in robin.sees_home(), "the second page")
        assert "trouble number 0" in robin.sees_home().partition("Open incidents")[2]
        await robin.press_home("home:page=0")
        await play.until(lambda: "page 1 of 2" in robin.sees_home(), "the first page again")
        assert "trouble number 8" in await robin.ask("list")
