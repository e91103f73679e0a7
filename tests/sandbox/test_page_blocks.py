"""Every block and element Slack takes, as the page draws it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack import elements
from opsbot.sandbox.slack.blocks import BLOCKS, check_message_blocks, with_ids
from opsbot.sandbox.slack.views import check_view
from tests.sandbox.page_rig import Elements, serving
from tests.sandbox.slack_block_cases import (
    CONFIRM,
    IMAGE,
    actions,
    button,
    context,
    mrkdwn,
    option,
    plain,
    rich,
    rich_section,
    section,
    select,
)
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]
Look = Callable[[Elements], object]


def text_of(css: str) -> Look:
    """What stands in the first element of a class."""
    return lambda found: found.of_class(css)[0].text


def control(kind: str) -> Callable[[Elements], Elements]:
    """The elements of a drawing, once it is sure that one acts as this kind."""

    def look(found: Elements) -> Elements:
        assert [e for e in found.found if e.attributes.get("data-kind") == kind]
        return found

    return look


def values_of(kind: str, tag: str) -> Look:
    return lambda found: [e.attributes["value"] for e in control(kind)(found).all(tag)]


def input_type(kind: str) -> Look:
    def look(found: Elements) -> str:
        (element,) = [e for e in found.found if e.attributes.get("data-kind") == kind]
        return f"{element.tag} {element.attributes.get('type', '')}".strip()

    return look


OPTIONS: Json = {"options": [option(1), option(2)]}
GROUPS = [{"label": plain("Fruit"), "options": [option(3)]}]

# A block of a message: its type, the block, what to look at, what is there.
IN_MESSAGES: list[tuple[str, Json, Look, object]] = [
    ("section", section(text=mrkdwn("*Hi* there")), text_of("section"), "Hi there"),
    ("section", section(fields=[plain("a"), plain("b")]), text_of("fields"), "ab"),
    ("header", {"type": "header", "text": plain("Down")}, lambda f: f.one("h3").text, "Down"),
    ("divider", {"type": "divider"}, lambda f: len(f.all("hr")), 1),
    ("context", context(mrkdwn("_small_"), plain("print")), text_of("context"), "smallprint"),
    ("actions", actions(button()), lambda f: f.one(data_action="ack").text, "Ack"),
    ("image", {**IMAGE, "title": plain("Errors")}, lambda f: f.one("figcaption").text, "Errors"),
    ("rich_text", rich(rich_section({"type": "text", "text": "x"})), text_of("rich"), "x"),
    ("markdown", {"type": "markdown", "text": "**b**"}, lambda f: f.one("strong").text, "b"),
    (
        "table",
        {"type": "table", "rows": [[{"type": "raw_text", "text": "h"}], [rich(rich_section({"type": "text", "text": "c"}))]]},
        lambda f: (f.one("th").text, f.one("td").text),
        ("h", "c"),
    ),
    (
        "video",
        {"type": "video", "alt_text": "a talk", "title": plain("Talk"), "title_url": "https://v.example", "thumbnail_url": "https://v.example/t.png", "video_url": "https://v.example/v"},
        lambda f: f.one("a").attributes["href"],
        "https://v.example",
    ),
]  # fmt: skip

# An element: its type, the element, what to look at, what is there.
ELEMENTS: list[tuple[str, Json, Look, object]] = [
    ("button", button(style="danger"), lambda f: "danger" in f.one("button").attributes["class"], True),
    ("button", button(url="https://r.example/x"), lambda f: f.one("a").attributes["href"], "https://r.example/x"),
    ("button", button(accessibility_label="Take it"), lambda f: f.one("button").attributes["aria-label"], "Take it"),
    ("button", button(confirm=CONFIRM), lambda f: f.one("template").attributes["data-title"], "Sure?"),
    ("overflow", {"type": "overflow", **OPTIONS}, lambda f: [e.attributes["data-choose"] for e in f.of_class("item")], ["1", "2"]),
    ("static_select", select(**OPTIONS), values_of("static_select", "option"), ["", "1", "2"]),
    ("static_select", select(option_groups=GROUPS), lambda f: f.one("optgroup").attributes["label"], "Fruit"),
    ("static_select", select(**OPTIONS, initial_option=option(2)), lambda f: f.one("option", selected="").attributes["value"], "2"),
    ("external_select", select(type="external_select", min_query_length=1), lambda f: f.one(role="combobox").attributes["placeholder"], "Type to search"),
    ("users_select", select(type="users_select"), values_of("users_select", "option"), ["", "UBOT", "UADA"]),
    ("channels_select", select(type="channels_select"), values_of("channels_select", "option"), ["", "CGEN"]),
    ("conversations_select", select(type="conversations_select"), values_of("conversations_select", "option"), ["", "CGEN"]),
    ("multi_static_select", select(type="multi_static_select", option_groups=GROUPS), values_of("multi_static_select", "input"), ["3"]),
    ("multi_external_select", select(type="multi_external_select"), lambda f: "data-several" in f.of_class("external")[0].attributes, True),
    ("multi_users_select", select(type="multi_users_select", initial_users=["UADA"]), lambda f: f.one("input", checked="").attributes["value"], "UADA"),
    ("multi_channels_select", select(type="multi_channels_select"), values_of("multi_channels_select", "input"), ["CGEN"]),
    ("multi_conversations_select", select(type="multi_conversations_select"), values_of("multi_conversations_select", "input"), ["CGEN"]),
    ("checkboxes", {"type": "checkboxes", **OPTIONS}, lambda f: len(f.all("input", type="checkbox")), 2),
    ("radio_buttons", {"type": "radio_buttons", **OPTIONS}, lambda f: f.one(role="radiogroup").text, "option 1option 2"),
    ("datepicker", {"type": "datepicker", "initial_date": "2026-11-23"}, lambda f: f.one("input", type="date").attributes["value"], "2026-11-23"),
    ("timepicker", {"type": "timepicker", "initial_time": "14:05"}, lambda f: f.one("input", type="time").attributes["value"], "14:05"),
    ("datetimepicker", {"type": "datetimepicker", "initial_date_time": 1_800_000_000}, lambda f: f.one("input", type="datetime-local").attributes["value"], "2027-01-15T08:00"),
    ("image", IMAGE, lambda f: f.of_class("missing")[0].attributes["aria-label"], "chart"),
]  # fmt: skip

# An input's element: its type, the element, what to look at, what is there.
INPUTS: list[tuple[str, Json, Look, object]] = [
    ("plain_text_input", {"max_length": 80, "initial_value": "<x>"}, lambda f: f.one("input", maxlength="80").attributes["value"], "<x>"),
    ("plain_text_input", {"multiline": True, "initial_value": "a"}, lambda f: f.one("textarea").text, "a"),
    ("rich_text_input", {}, input_type("rich_text_input"), "textarea"),
    ("email_text_input", {}, input_type("email_text_input"), "input email"),
    ("url_text_input", {}, input_type("url_text_input"), "input url"),
    ("number_input", {"is_decimal_allowed": False, "min_value": "1"}, lambda f: f.one("input", step="1", min="1").attributes["type"], "number"),
    ("file_input", {}, text_of("unknown"), "file_input is not drawn here"),
]  # fmt: skip


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


@pytest.mark.parametrize(("kind", "block", "look", "there"), IN_MESSAGES)
async def test_every_block_of_a_message_is_drawn(
    slack: SlackWorld, kind: str, block: Json, look: Look, there: object
) -> None:
    found = await drawn_in_channel(slack, [block])
    assert look(found) == there, kind


@pytest.mark.parametrize(("kind", "element", "look", "there"), ELEMENTS)
async def test_every_element_is_drawn_as_a_control(
    slack: SlackWorld, kind: str, element: Json, look: Look, there: object
) -> None:
    """Each stands beside a section, where Slack allows all of them."""
    found = await drawn_in_channel(slack, [section(text=plain("x"), accessory=element)])
    assert look(found) == there, kind


@pytest.mark.parametrize(("kind", "fields", "look", "there"), INPUTS)
async def test_every_input_of_a_form_is_drawn(
    slack: SlackWorld, kind: str, fields: Json, look: Look, there: object
) -> None:
    block = {
        "type": "input",
        "block_id": "asked",
        "label": plain("Asked"),
        "hint": plain("Why"),
        "element": {"type": kind, "action_id": "v", **fields},
    }
    ada = slack.workspace.add_user("ada")
    view = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": [block]}
    slack.sandbox.views.open(ada.id, check_view(view, kind="modal"))
    async with serving(slack) as page:
        html = await page.html(ada, f"/archives/{slack.workspace.general.id}")
    dialog = Elements(html[html.index("<dialog") : html.index("</dialog>")])
    assert look(dialog) == there
    assert dialog.of_class("label")[0].text == "Asked"
    assert dialog.of_class("hint")[0].text == "Why"


def test_no_block_or_element_slack_takes_is_left_out_of_the_tables() -> None:
    """A kind the sandbox learns later must be drawn, or this says so."""
    assert {kind for kind, *_ in IN_MESSAGES} | {"input"} == set(BLOCKS)
    assert {kind for kind, *_ in ELEMENTS} == set(elements.IN_SECTION) | set(elements.IN_ACTIONS)
    drawn = {kind for kind, *_ in [*ELEMENTS, *INPUTS]}
    assert set(elements.IN_INPUT) <= drawn


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
