"""Live updates of the sandbox page: what a tab hears of, and the regions it draws again."""

from __future__ import annotations

import asyncio

from tests.sandbox.page_rig import serving
from tests.sandbox.slack_forms import modal
from tests.sandbox.slack_world import SlackWorld


async def test_a_tab_hears_of_a_message_and_draws_only_what_changed(slack: SlackWorld) -> None:
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    here = f"archives/{room.id}"
    async with serving(slack) as page, page.stream(ada, here) as tab:
        slack.workspace.post(room, user=slack.bot, text="smoke in the hall")
        told = await tab.next()
        assert told == {"regions": ["main", "sidebar", "thread", "where"], "notices": []}
        html = await page.html(ada, here, regions="main,sidebar")
    assert "smoke in the hall" in html
    assert "<html" not in html
    assert 'id="panel"' not in html


async def test_changes_that_come_together_are_told_together(slack: SlackWorld) -> None:
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    async with serving(slack) as page, page.stream(ada, f"archives/{room.id}") as tab:
        for number in range(50):
            slack.workspace.post(room, user=slack.bot, text=str(number))
        await tab.next()
        assert await tab.is_silent()


async def test_another_channel_touches_the_sidebar_only(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    room = slack.workspace.add_channel("inc-1", members=[ada.id])
    general = slack.workspace.general.id
    async with serving(slack) as page, page.stream(ada, f"archives/{general}") as tab:
        slack.workspace.post(room, user=slack.bot, text="x")
        assert (await tab.next())["regions"] == ["sidebar"]


async def test_a_tab_hears_nothing_of_what_its_person_cannot_see(slack: SlackWorld) -> None:
    """Private channels, others' ephemerals, others' modals and notices."""
    ada, bo = slack.workspace.add_user("ada"), slack.workspace.add_user("bo")
    workspace, general = slack.workspace, slack.workspace.general
    hushed = workspace.add_channel("hushed", creator=bo.id, is_private=True)
    async with serving(slack) as page, page.stream(ada, f"archives/{general.id}") as tab:
        workspace.post(hushed, user=bo.id, text="x")
        workspace.post_ephemeral(general, to=bo.id, text="x", blocks=[])
        slack.sandbox.views.open(bo.id, modal())
        slack.sandbox.people.notices.show(bo.id, "told to bo")
        assert await tab.is_silent()


async def test_a_modal_and_slacks_own_sentences_reach_their_person(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with serving(slack) as page, page.stream(ada, "home") as tab:
        slack.sandbox.views.open(ada.id, modal())
        slack.sandbox.people.notices.show(ada.id, "Try <again>?")
        assert await tab.next() == {"regions": ["main", "modals"], "notices": ["Try <again>?"]}


async def test_a_channel_that_goes_away_is_drawn_away(slack: SlackWorld) -> None:
    ada, bo = slack.workspace.add_user("ada"), slack.workspace.add_user("bo")
    room = slack.workspace.add_channel("hushed", creator=bo.id, is_private=True, members=[ada.id])
    here = f"archives/{room.id}"
    async with serving(slack) as page, page.stream(ada, here) as tab:
        slack.workspace.leave(room, ada.id)
        assert "main" in (await tab.next())["regions"]
        found = await page.look(ada, here, regions="main")
    assert "you may not see it" in found.one("main").text


async def test_the_open_panel_is_drawn_again_after_a_call(slack: SlackWorld) -> None:
    ada, room = slack.workspace.add_user("ada"), slack.room()
    general = slack.workspace.general.id
    async with serving(slack) as page:
        async with page.stream(ada, f"archives/{general}", panel="open") as tab:
            await slack.client.conversations_info(channel=room.id)
            assert (await tab.next())["regions"] == ["panel"]
        html = await page.html(ada, f"archives/{general}", panel="open", regions="panel")
    assert "conversations.info" in html


async def test_a_stream_begins_with_the_version_that_is_drawn(slack: SlackWorld) -> None:
    """What changes between the drawing and the stream is seen by comparing the two."""
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    async with serving(slack) as page:
        where = (await page.look(ada, f"archives/{room.id}")).one(id="where")
        slack.workspace.post(room, user=slack.bot, text="in between")
        address = f"{page.url}stream/archives/{room.id}?as={ada.id}"
        async with page.http.get(address) as response:
            said = await response.content.readline() + await response.content.readline()
    assert said == b"event: hello\ndata: 1\n"
    assert where.attributes["data-version"] == "0"


async def test_stopping_the_page_ends_the_streams(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with serving(slack) as page:
        response = await page.http.get(f"{page.url}stream/home?as={ada.id}")
    async with asyncio.timeout(2):
        assert (await response.read()).startswith(b"event: hello")
