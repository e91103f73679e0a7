"""Every block and element Slack takes, as the page draws it."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack import elements
from opsbot.sandbox.slack.blocks import BLOCKS, check_message_blocks, with_ids
from opsbot.sandbox.slack.views import check_view
from tests.sandbox.page_block_cases import BLOCK_CASES, ELEMENT_CASES, INPUT_CASES, Look
from tests.sandbox.page_rig import Elements, serving
from tests.sandbox.slack_block_cases import plain, section
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


async def drawn_in_channel(slack: SlackWorld, blocks: list[Json]) -> Elements:
    """What a person sees of a message with these blocks, which Slack would take."""
    workspace = slack.workspace
    ada = workspace.add_user("ada", id="UADA")
    room = workspace.general
    checked = with_ids(check_message_blocks(blocks))
    message = workspace.post(room, user=slack.bot, text="x", blocks=checked)
    async with serving(slack) as page:
        html = await page.html(ada, f"/archives/{room.id}")
    start = html.index(f'id="m-{message.ts}"')
    html = html[html.index("</p>", start) : html.index('<div class="tools"', start)]
    return Elements(html.replace(slack.bot, "UBOT").replace(room.id, "CGEN"))


@pytest.mark.parametrize(("block", "look", "there"), BLOCK_CASES)
async def test_every_block_of_a_message_is_drawn(
    slack: SlackWorld, block: Json, look: Look, there: object
) -> None:
    assert look(await drawn_in_channel(slack, [block])) == there


@pytest.mark.parametrize(("element", "look", "there"), ELEMENT_CASES)
async def test_every_element_is_drawn_as_a_control(
    slack: SlackWorld, element: Json, look: Look, there: object
) -> None:
    """Each stands beside a section, where Slack allows all of them."""
    found = await drawn_in_channel(slack, [section(text=plain("x"), accessory=element)])
    assert look(found) == there
    kinds = {e.attributes.get("data-kind") for e in found.found}
    assert element["type"] in {*kinds, "image"}


@pytest.mark.parametrize(("element", "look", "there"), INPUT_CASES)
async def test_every_input_of_a_form_is_drawn_with_its_label_and_hint(
    slack: SlackWorld, element: Json, look: Look, there: object
) -> None:
    block = {
        "type": "input",
        "block_id": "asked",
        "label": plain("Asked"),
        "hint": plain("Why"),
        "element": {"action_id": "v", **element},
    }
    ada = slack.workspace.add_user("ada")
    view = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": [block]}
    slack.sandbox.views.open(ada.id, check_view(view, kind="modal"))
    async with serving(slack) as page:
        html = await page.html(ada, f"/archives/{slack.workspace.general.id}")
    dialog = Elements(html[html.index("<dialog") : html.index("</dialog>")])
    body = Elements(html[html.index('data-input="asked"') : html.index("modal-trouble")])
    assert look(body) == there
    assert dialog.of_class("label")[0].text == "Asked"
    assert dialog.of_class("hint")[0].text == "Why"


def test_no_block_or_element_slack_takes_is_left_out_of_the_cases() -> None:
    """A kind the sandbox learns later must be drawn, or this says so."""
    in_sections = {str(element["type"]) for element, *_ in ELEMENT_CASES}
    in_forms = {str(element["type"]) for element, *_ in INPUT_CASES}
    assert {str(block["type"]) for block, *_ in BLOCK_CASES} | {"input"} == set(BLOCKS)
    assert in_sections == {*elements.IN_SECTION, *elements.IN_ACTIONS}
    assert set(elements.IN_INPUT) <= in_sections | in_forms


async def test_an_upload_is_shown_as_a_picture_with_its_alt_text(slack: SlackWorld) -> None:
    """A slack_file is served by the page itself; nothing is fetched from elsewhere."""
    workspace = slack.workspace
    ada = workspace.add_user("ada")
    stored = workspace.new_file(name="c.png", title="Chart", length=9, user=slack.bot)
    stored.data = b"\x89PNG\r\n\x1a\nrest"
    block = {"type": "image", "alt_text": "errors rise", "slack_file": {"id": stored.id}}
    workspace.post(workspace.general, user=slack.bot, text="x", blocks=with_ids([block]))
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{workspace.general.id}")
        image = found.one("img")
        assert image.attributes["alt"] == "errors rise"
        async with page.http.get(page.url + image.attributes["src"].lstrip("/")) as response:
            assert (response.content_type, await response.read()) == ("image/png", stored.data)
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_that_is_no_picture_is_only_handed_out(slack: SlackWorld) -> None:
    """A page in a file must not run as a page of the sandbox."""
    workspace = slack.workspace
    ada = workspace.add_user("ada")
    stored = workspace.new_file(name="x.html", title="Log", length=9, user=slack.bot)
    stored.data = b"<script>alert(1)</script>"
    workspace.share_files(workspace.general, [stored], user=slack.bot, text="", thread_ts=None)
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{workspace.general.id}")
        assert found.of_class("file")[0].text.endswith("<script>alert(1)</script>")
        async with page.http.get(f"{page.url}files/{stored.id}?as={ada.id}") as response:
            assert response.content_type == "application/octet-stream"
            assert response.headers["Content-Disposition"].startswith("attachment")


async def test_reactions_threads_pins_edits_and_deletions_show_as_in_slack(
    slack: SlackWorld,
) -> None:
    workspace = slack.workspace
    ada, bo = workspace.add_user("ada"), workspace.add_user("bo")
    room = workspace.general
    said = workspace.post(room, user=bo.id, text="first words")
    workspace.edit(said, text="second words", blocks=[], attachments=[], metadata=None)
    workspace.react(said, "eyes", ada.id)
    workspace.pin(room, said.ts, bo.id)
    for text in ("one", "two"):
        workspace.post(room, user=ada.id, text=text, thread_ts=said.ts)
    gone = workspace.post(room, user=bo.id, text="regretted")
    workspace.delete(gone)
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{room.id}", thread=said.ts)
    summary = found.one(data_testid="thread-summary").text
    assert summary.startswith("A2 replies Last reply a few seconds ago")
    assert found.of_class("reaction")[0].attributes["aria-pressed"] == "true"
    assert "Pinned by bo" in found.messages[0]
    assert "second words (edited)" in found.messages[0]
    assert not any("regretted" in message for message in found.messages)
    thread = found.one("aside", id="thread").text
    assert "2 replies" in thread
    assert "one" in thread


def test_a_persons_choice_of_channels_leaves_out_what_they_cannot_see(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    slack.workspace.add_channel("hushed", is_private=True)
    words = Words(Viewer(workspace=slack.workspace, user=ada, now=slack.clock.wall()))
    offered = [str(choice.label) for choice in words.conversations({"type": "channels_select"})]
    assert offered == ["#general"]
