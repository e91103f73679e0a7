"""Who sees what on the sandbox page: nobody reads over another's shoulder."""

from __future__ import annotations

from opsbot.sandbox.slack.model import User
from tests.sandbox.page_rig import serving
from tests.sandbox.slack_forms import modal
from tests.sandbox.slack_world import SlackWorld
from tests.sandbox.world_rig import running


def two(slack: SlackWorld) -> tuple[User, User]:
    """Two people: ada, and bo."""
    return slack.workspace.add_user("ada"), slack.workspace.add_user("bo")


async def test_a_private_channel_does_not_exist_for_others(slack: SlackWorld) -> None:
    """Neither its name nor a word of it, in the sidebar or by its address."""
    ada, bo = two(slack)
    hushed = slack.workspace.add_channel("hushed", creator=ada.id, is_private=True)
    slack.workspace.post(hushed, user=ada.id, text="the canary sings")
    async with serving(slack) as page:
        mine = await page.look(ada, f"/archives/{hushed.id}")
        theirs = await page.html(bo, f"/archives/{hushed.id}")
    assert mine.messages == ["A ada 08:00 the canary sings"]
    assert "hushed" not in theirs
    assert "canary" not in theirs
    assert "you may not see it" in theirs


async def test_an_ephemeral_message_is_seen_by_one_person(slack: SlackWorld) -> None:
    ada, bo = two(slack)
    room = slack.workspace.general
    slack.workspace.post_ephemeral(room, to=ada.id, text="for you alone", blocks=[])
    async with serving(slack) as page:
        (message,) = (await page.look(ada, f"/archives/{room.id}")).messages
        theirs = await page.html(bo, f"/archives/{room.id}")
    assert "Only visible to you" in message
    assert "for you alone" in message
    assert "for you alone" not in theirs


async def test_a_dismissed_ephemeral_is_gone(slack: SlackWorld) -> None:
    ada, bo = two(slack)
    room = slack.workspace.general
    shown = slack.workspace.post_ephemeral(room, to=ada.id, text="for you", blocks=[])
    async with serving(slack) as page:
        await page.act(bo, "dismiss", channel=room.id, ts=shown.ts)
        assert slack.workspace.ephemerals == [shown]
        await page.act(ada, "dismiss", channel=room.id, ts=shown.ts)
    assert slack.workspace.ephemerals == []


async def test_an_ephemeral_in_a_thread_stands_in_the_thread_only(slack: SlackWorld) -> None:
    ada, _ = two(slack)
    room = slack.workspace.general
    said = slack.workspace.post(room, user=ada.id, text="hello")
    slack.workspace.post_ephemeral(room, to=ada.id, text="psst", blocks=[], thread_ts=said.ts)
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{room.id}", thread=said.ts)
    assert "psst" not in found.one("main").text
    assert "psst" in found.one("aside", id="thread").text


async def test_a_file_of_a_private_channel_is_for_its_members(slack: SlackWorld) -> None:
    ada, bo = two(slack)
    hushed = slack.workspace.add_channel("hushed", creator=ada.id, is_private=True)
    stored = slack.workspace.new_file(name="a.txt", title="A", length=1, user=ada.id)
    stored.data = b"a"
    slack.workspace.share_files(hushed, [stored], user=ada.id, text="", thread_ts=None)
    async with serving(slack) as page:
        assert await page.status(ada, f"/files/{stored.id}") == 200
        assert await page.status(bo, f"/files/{stored.id}") == 404


async def test_a_modal_is_on_one_persons_screen(slack: SlackWorld) -> None:
    ada, bo = two(slack)
    slack.sandbox.views.open(ada.id, modal())
    general = f"/archives/{slack.workspace.general.id}"
    async with serving(slack) as page:
        assert (await page.look(ada, general)).all(data_testid="modal")
        assert not (await page.look(bo, general)).all(data_testid="modal")


async def test_guests_see_only_the_channels_they_are_in(slack: SlackWorld) -> None:
    guest = slack.workspace.add_user("gus", is_restricted=True)
    room = slack.workspace.add_channel("inc-1", members=[guest.id])
    async with serving(slack) as page:
        found = await page.look(guest, f"/archives/{room.id}")
        names = [place.text for place in found.of_class("place") if "href" in place.attributes]
    assert names == ["inc-1", "opsbot", "Sandbox"]


async def test_numbers_in_channel_names_are_in_the_order_of_numbers(slack: SlackWorld) -> None:
    ada, _ = two(slack)
    for name in ("inc-10", "inc-2", "alpha"):
        slack.workspace.add_channel(name, members=[ada.id])
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{slack.workspace.general.id}")
    places = [e.text for e in found.all("a", class_="place")]
    assert places == ["alpha", "general", "inc-2", "inc-10", "opsbot"]


async def test_new_posts_of_others_are_marked_until_they_are_seen(slack: SlackWorld) -> None:
    """A dot for a post, a number for a mention; Slack's own lines and one's own posts are none."""
    ada, bo = two(slack)
    workspace = slack.workspace
    room = workspace.add_channel("inc-1", members=[ada.id, bo.id])
    workspace.post(room, user=ada.id, text="mine")
    workspace.set_topic(room, "topic", bo.id)
    elsewhere = f"/archives/{workspace.general.id}"
    async with serving(slack) as page:

        async def place() -> str:
            found = await page.look(ada, elsewhere)
            return found.one(id=f"place-{room.id}").text

        assert await place() == "inc-1"
        workspace.post(room, user=bo.id, text="news")
        assert await place() == "inc-1 unread"
        workspace.post(room, user=bo.id, text=f"look <@{ada.id}>")
        assert await place() == "inc-11 mentions"
        await page.html(ada, f"/archives/{room.id}", away="")
        assert await place() == "inc-11 mentions"
        await page.html(ada, f"/archives/{room.id}")
        assert await place() == "inc-1"


async def test_a_tab_is_whoever_its_address_names(slack: SlackWorld) -> None:
    """By id or name; nobody who is gone, and the first person when nobody is named."""
    ada, bo = two(slack)
    slack.workspace.add_user("di", id="UDI", deleted=True)
    general = f"/archives/{slack.workspace.general.id}"
    async with serving(slack) as page:
        assert (await page.look(bo, general)).one(id="where").attributes["data-user"] == bo.id
        async with page.http.get(page.url) as response:
            assert str(response.url).endswith(f"{general}?as={ada.id}")
        assert await page.status(slack.workspace.users["UDI"], general) == 404


async def test_a_newcomer_is_whoever_is_paged(slack: SlackWorld) -> None:
    """Somebody who is paged and in Slack: their sidebar is the one in which things happen."""
    two(slack)
    async with running() as rig:
        scenario = rig.world.scenario
        team = scenario.team(scenario.service(scenario.page.service).team)
        person = scenario.person(team.levels[0][-1])
        paged = slack.workspace.add_user("paged", email=person.email.upper())
        async with serving(slack, rig.world) as page, page.http.get(page.url) as response:
            assert response.url.query["as"] == paged.id


async def test_a_permalink_leads_to_its_message(slack: SlackWorld) -> None:
    """Slack's own form: p and the ts without its point; in a thread, the thread is open."""
    ada, bo = two(slack)
    hushed = slack.workspace.add_channel("hushed", creator=ada.id, is_private=True)
    said = slack.workspace.post(hushed, user=ada.id, text="hello")
    reply = slack.workspace.post(hushed, user=ada.id, text="there", thread_ts=said.ts)
    link = f"/archives/{hushed.id}/p{reply.ts.replace('.', '')}"
    slack.workspace.post(hushed, user=ada.id, text=slack.workspace.url.rstrip("/") + link)
    async with serving(slack) as page:
        async with page.http.get(page.url + link[1:], params={"as": ada.id}) as response:
            assert response.url.query["thread"] == said.ts
        assert await page.status(bo, link) == 404
        found = await page.look(ada, f"/archives/{hushed.id}")
    (inside,) = [e for e in found.of_class("link") if "data-visit" in e.attributes]
    assert inside.attributes["href"].endswith(f"thread={said.ts}#t-m-{reply.ts}")


async def test_a_long_channel_shows_its_latest_messages_and_leads_to_the_earlier(
    slack: SlackWorld,
) -> None:
    ada, _ = two(slack)
    room = slack.workspace.general
    for number in range(120):
        slack.workspace.post(room, user=ada.id, text=f"line {number}.")
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{room.id}")
        assert (len(found.messages), "line 20." in found.messages[0]) == (100, True)
        (earlier,) = [e for e in found.all("a") if e.text == "Show 20 earlier messages"]
        async with page.http.get(page.url + earlier.attributes["href"][1:]) as response:
            assert "line 0." in await response.text()
