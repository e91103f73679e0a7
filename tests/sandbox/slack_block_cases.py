"""Blocks at, over and beside what Slack takes, and what it says about them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str, **more: Any) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str, **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def section(**fields: Any) -> Json:
    return {"type": "section", **fields}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain("Ack"), "action_id": "ack", **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(number: int = 0, **fields: Any) -> Json:
    return {"text": plain(f"option {number}"), "value": str(number), **fields}


def select(**fields: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", **fields}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


IMAGE: Json = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "chart"}
CONFIRM: Json = {
    "title": plain("Sure?"),
    "text": mrkdwn("Really"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
TEXT: Json = {"type": "text", "text": "x"}

# Each row: what is fine at its limit, what is one too much, and what Slack says about the latter.
LIMITS: list[tuple[str, Json, Json, str]] = [
    (
        "header text",
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "section text",
        section(text=mrkdwn("x" * 3000)),
        section(text=mrkdwn("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "section fields",
        section(fields=[plain("x")] * 10),
        section(fields=[plain("x")] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        "field text",
        section(fields=[mrkdwn("x" * 2000)]),
        section(fields=[mrkdwn("x" * 2001)]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (
        "context elements",
        context(*[mrkdwn("x")] * 10),
        context(*[mrkdwn("x")] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "actions elements",
        actions(*[button(action_id=str(n)) for n in range(25)]),
        actions(*[button(action_id=str(n)) for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "button text",
        actions(button(text=plain("x" * 75))),
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        "button value",
        actions(button(value="x" * 2000)),
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        "action id",
        actions(button(action_id="x" * 255)),
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (
        "block id",
        {"type": "divider", "block_id": "x" * 255},
        {"type": "divider", "block_id": "x" * 256},
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    (
        "select options",
        actions(select(options=[option(n) for n in range(100)])),
        actions(select(options=[option(n) for n in range(101)])),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "option value",
        actions(select(options=[option(value="x" * 150)])),
        actions(select(options=[option(value="x" * 151)])),
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    (
        "overflow options",
        section(text=plain("x"), accessory={"type": "overflow", "options": [option()] * 5}),
        section(text=plain("x"), accessory={"type": "overflow", "options": [option()] * 6}),
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    (
        "checkboxes",
        actions({"type": "checkboxes", "options": [option()] * 10}),
        actions({"type": "checkboxes", "options": [option()] * 11}),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "confirm title",
        actions(button(confirm={**CONFIRM, "title": plain("x" * 100)})),
        actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    (
        "image alt text",
        {**IMAGE, "alt_text": "x" * 2000},
        {**IMAGE, "alt_text": "x" * 2001},
        "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]",
    ),
    (
        "markdown text",
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    (
        "table rows",
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 100},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101},
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    (
        "table cells",
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_000}]]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_001}]]},
        "must be less than 10001 characters [json-pointer:/blocks]",
    ),
]

WRONG: list[tuple[str, Json, str]] = [
    ("no type", {}, "missing required field: type [json-pointer:/blocks/0]"),
    ("unknown block", {"type": "alert"}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ("type no word", {"type": []}, "unsupported type: [] [json-pointer:/blocks/0/type]"),
    ("empty section", section(), "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    (
        "text a bare string",
        section(text="x"),
        "must provide an object [json-pointer:/blocks/0/text]",
    ),
    (
        "empty text",
        section(text=mrkdwn("")),
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "text no string",
        section(text=mrkdwn(7)),  # pyright: ignore[reportArgumentType]
        "must provide a string [json-pointer:/blocks/0/text/text]",
    ),
    (
        "mrkdwn header",
        {"type": "header", "text": mrkdwn("x")},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        "emoji on mrkdwn",
        section(text=mrkdwn("x", emoji=False)),
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    (
        "verbatim on plain text",
        section(text=plain("x", verbatim=True)),
        "invalid additional property: verbatim [json-pointer:/blocks/0/text]",
    ),
    (
        "unknown field",
        {"type": "divider", "text": "x"},
        "invalid additional property: text [json-pointer:/blocks/0]",
    ),
    (
        "unknown element",
        actions({"type": "knob"}),
        "unsupported type: knob [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        "element in the wrong place",
        actions({"type": "plain_text_input", "action_id": "x"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    ("no elements", actions(), "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        "elements no list",
        {"type": "actions", "elements": {}},
        "must provide an array [json-pointer:/blocks/0/elements]",
    ),
    (
        "button style",
        actions(button(style="warning")),
        "must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "button url",
        actions(button(url="dashboard")),
        "invalid url [json-pointer:/blocks/0/elements/0/url]",
    ),
    (
        "select without options",
        actions(select()),
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    (
        "option with a type",
        actions(select(options=[option(type="option")])),
        "invalid additional property: type [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    (
        "flag no boolean",
        section(text=plain("x", emoji="yes")),
        "must provide a boolean [json-pointer:/blocks/0/text/emoji]",
    ),
    (
        "image without alt text",
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    (
        "image without source",
        {"type": "image", "alt_text": "chart"},
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    (
        "same action id twice in a block",
        {**actions(button(), button()), "block_id": "b"},
        '`action_id` "ack" already exists for `block_id` "b" '
        "[json-pointer:/blocks/0/elements/1/action_id]",
    ),
    (
        "empty rich text section",
        rich(rich_section()),
        "no less than 1 items allowed [json-pointer:/blocks/0/elements/0/elements]",
    ),
    (
        "empty rich text",
        rich(rich_section({"type": "text", "text": ""})),
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    (
        "mention in preformatted",
        rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}),
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    (
        "rich text style",
        rich(rich_section({**TEXT, "style": {"loud": True}})),
        "invalid additional property: loud [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
]

FINE: list[Json] = [
    {"type": "divider"},
    section(text=mrkdwn("*x*", verbatim=True), accessory=IMAGE, expand=True),
    section(text=plain("x", emoji=False), accessory=button(confirm=CONFIRM, style="danger")),
    context(IMAGE, mrkdwn("x"), plain("y")),
    {**IMAGE, "title": plain("Errors per minute")},
    actions(select(option_groups=[{"label": plain("g"), "options": [option()]}])),
    actions({"type": "datepicker", "initial_date": "2027-01-31"}, {"type": "users_select"}),
    {
        "type": "input",
        "label": plain("Impact"),
        "element": {"type": "plain_text_input", "multiline": True, "max_length": 3000},
    },
    rich(
        rich_section(TEXT, {"type": "user", "user_id": "U1"}, {"type": "emoji", "name": "fire"}),
        {"type": "rich_text_list", "style": "bullet", "elements": [rich_section(TEXT)]},
        {"type": "rich_text_preformatted", "elements": [TEXT], "border": 1},
        {"type": "rich_text_quote", "elements": [TEXT]},
    ),
    rich(rich_section({"type": "date", "timestamp": 1_800_000_000, "format": "{time}"})),
    {"type": "markdown", "text": "# x"},
]
