"""Blocks, elements and inputs as Slack takes them, and what the page must show of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.page_rig import Elements
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

Json = dict[str, Any]
Look = Callable[[Elements], object]


def text_of(css: str) -> Look:
    """What stands in the only element of a class."""

    def look(found: Elements) -> str:
        (element,) = found.of_class(css)
        return element.text

    return look


def the(tag: str = "", attribute: str = "", **attributes: str) -> Look:
    """An attribute of the only element of its kind; its text when none is named."""

    def look(found: Elements) -> str:
        element = found.one(tag, **attributes)
        return element.attributes[attribute] if attribute else element.text

    return look


def every(tag: str, attribute: str, **attributes: str) -> Look:
    """An attribute of all elements of a kind."""
    return lambda found: [e.attributes[attribute] for e in found.all(tag, **attributes)]


ONE_TWO: Json = {"options": [option(1), option(2)]}
GROUPS = [{"label": plain("Fruit"), "options": [option(3)]}]
CELL = rich(rich_section({"type": "text", "text": "c"}))
VIDEO: Json = {
    "type": "video",
    "alt_text": "a talk",
    "title": plain("Talk"),
    "title_url": "https://v.example",
    "thumbnail_url": "https://v.example/t.png",
    "video_url": "https://v.example/v",
}
TABLE: Json = {"type": "table", "rows": [[{"type": "raw_text", "text": "h"}], [CELL]]}

# A block of a message, what to look at, what is there.
BLOCK_CASES: list[tuple[Json, Look, object]] = [
    (section(text=mrkdwn("*Hi* there")), text_of("section"), "Hi there"),
    (section(fields=[plain("a"), plain("b")]), text_of("fields"), "ab"),
    ({"type": "header", "text": plain("Down")}, the("h3"), "Down"),
    ({"type": "divider"}, the("hr", "class"), "block"),
    (context(mrkdwn("_small_"), plain("print")), text_of("context"), "smallprint"),
    (actions(button()), the(data_action="ack"), "Ack"),
    ({**IMAGE, "title": plain("Errors")}, the("figcaption"), "Errors"),
    (rich(rich_section({"type": "text", "text": "x"})), text_of("rich"), "x"),
    ({"type": "markdown", "text": "**b**"}, the("strong"), "b"),
    (TABLE, the("th"), "h"),
    (TABLE, the("td"), "c"),
    (VIDEO, the("a", "href"), "https://v.example"),
]

# An element beside a section, what to look at, what is there.
ELEMENT_CASES: list[tuple[Json, Look, object]] = [
    (button(style="danger"), the("button", "class"), "button danger"),
    (button(url="https://r.example/x"), the("a", "href"), "https://r.example/x"),
    (button(accessibility_label="Take it"), the("button", "aria-label"), "Take it"),
    (button(confirm=CONFIRM), the("template", "data-title"), "Sure?"),
    ({"type": "overflow", **ONE_TWO}, every("button", "data-choose", class_="item"), ["1", "2"]),
    (select(**ONE_TWO), every("option", "value"), ["", "1", "2"]),
    (select(**ONE_TWO, initial_option=option(2)), the("option", "value", selected=""), "2"),
    (select(option_groups=GROUPS), the("optgroup", "label"), "Fruit"),
    (
        select(type="external_select", min_query_length=1),
        the("input", "placeholder", role="combobox"),
        "Type to search",
    ),
    (select(type="external_select", initial_option=option(1)), text_of("token"), "option 1 ×"),
    (select(type="users_select"), every("option", "value"), ["", "UBOT", "UADA"]),
    (select(type="channels_select"), every("option", "value"), ["", "CGEN"]),
    (select(type="conversations_select"), every("option", "value"), ["", "CGEN"]),
    (
        select(type="multi_static_select", option_groups=GROUPS),
        every("input", "value", type="checkbox"),
        ["3"],
    ),
    (
        select(type="multi_external_select", initial_options=[option(1), option(2)]),
        every("button", "data-value"),
        ["1", "2"],
    ),
    (
        select(type="multi_users_select", initial_users=["UADA"]),
        the("input", "value", checked=""),
        "UADA",
    ),
    (select(type="multi_channels_select"), every("input", "value"), ["CGEN"]),
    (select(type="multi_conversations_select"), every("input", "value"), ["CGEN"]),
    ({"type": "checkboxes", **ONE_TWO}, every("input", "type"), ["checkbox"] * 2),
    ({"type": "radio_buttons", **ONE_TWO}, the(role="radiogroup"), "option 1option 2"),
    (
        {"type": "datepicker", "initial_date": "2026-11-23"},
        the("input", "value", type="date"),
        "2026-11-23",
    ),
    (
        {"type": "timepicker", "initial_time": "14:05"},
        the("input", "value", type="time"),
        "14:05",
    ),
    (
        {"type": "datetimepicker", "initial_date_time": 1_800_000_000},
        the("input", "value", type="datetime-local"),
        "2027-01-15T08:00",
    ),
    (IMAGE, the("span", "aria-label", role="img"), "chart"),
]

# The element of an input, what to look at, what is there.
INPUT_CASES: list[tuple[Json, Look, object]] = [
    (
        {"type": "plain_text_input", "max_length": 80, "initial_value": "<x>"},
        the("input", "value", maxlength="80"),
        "<x>",
    ),
    ({"type": "plain_text_input", "multiline": True, "initial_value": "a"}, the("textarea"), "a"),
    (
        {"type": "rich_text_input", "initial_value": CELL},
        the("textarea", data_kind="rich_text_input"),
        "c",
    ),
    ({"type": "email_text_input"}, the("input", "type"), "email"),
    ({"type": "url_text_input"}, the("input", "type"), "url"),
    (
        {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"},
        the("input", "step", type="number", min="1"),
        "1",
    ),
    ({"type": "file_input"}, text_of("unknown"), "file_input is not drawn here"),
    ({"type": "static_select", **ONE_TWO}, the("select", "data-kind"), "static_select"),
    ({"type": "checkboxes", **ONE_TWO}, the(role="group"), "option 1option 2"),
]
