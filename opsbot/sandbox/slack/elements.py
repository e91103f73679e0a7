"""Slack's interactive elements and where each may stand (Block Kit page "Block elements")."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.sandbox.slack.composition import (
    CONFIRM,
    CONVERSATION_FILTER,
    IMAGE_FIELDS,
    OPTION_GROUP,
    any_text,
    option,
    plain_text,
)
from opsbot.sandbox.slack.facts import BLOCK_LIMITS as LIMIT
from opsbot.sandbox.slack.shapes import (
    Check,
    anything,
    array,
    flag,
    link,
    pattern,
    record,
    text,
    whole,
    word,
)

_DATE = pattern(r"\d{4}-\d{2}-\d{2}", "date")
_TIME = pattern(r"\d{2}:\d{2}", "time")


def _element(fields: Mapping[str, Check], **rules: tuple[str, ...]) -> Check:
    own: dict[str, Check] = {
        "type": anything,
        "action_id": text(LIMIT["action_id"], least=1),
        "confirm": CONFIRM,
        "focus_on_load": flag,
        **fields,
    }
    return record(own, **rules)


def _menu(fields: Mapping[str, Check], *, multi: bool = False, **rules: tuple[str, ...]) -> Check:
    own = {"placeholder": plain_text(LIMIT["select.placeholder"]), **fields}
    if multi:
        own["max_selected_items"] = whole(1)
    return _element(own, **rules)


def _menus(prefix: str, *, multi: bool) -> dict[str, Check]:
    one = option()
    several = "s" if multi else ""
    initial: Check = array(one) if multi else one
    ids: Check = array(text()) if multi else text()
    conversations: dict[str, Check] = {
        f"initial_conversation{several}": ids,
        "default_to_current_conversation": flag,
        "response_url_enabled": flag,
        "filter": CONVERSATION_FILTER,
    }
    lists: dict[str, Check] = {
        "options": array(one, least=1, most=LIMIT["select.options.items"]),
        "option_groups": array(OPTION_GROUP, least=1, most=LIMIT["select.option_groups.items"]),
        f"initial_option{several}": initial,
    }
    outside: dict[str, Check] = {f"initial_option{several}": initial, "min_query_length": whole(0)}
    users: dict[str, Check] = {f"initial_user{several}": ids}
    channels: dict[str, Check] = {f"initial_channel{several}": ids, "response_url_enabled": flag}
    return {
        f"{prefix}static_select": _menu(lists, multi=multi, one_of=("options", "option_groups")),
        f"{prefix}external_select": _menu(outside, multi=multi),
        f"{prefix}users_select": _menu(users, multi=multi),
        f"{prefix}conversations_select": _menu(conversations, multi=multi),
        f"{prefix}channels_select": _menu(channels, multi=multi),
    }


BUTTON = _element(
    {
        "text": plain_text(LIMIT["button.text"]),
        "url": link(LIMIT["button.url"]),
        "value": text(LIMIT["button.value"]),
        "style": word("primary", "danger"),
        "accessibility_label": text(LIMIT["button.accessibility_label"]),
    },
    required=("text",),
)

_CHOICES: dict[str, Check] = {
    "checkboxes": _element(
        {
            "options": array(option(mrkdwn=True), least=1, most=LIMIT["checkboxes.options.items"]),
            "initial_options": array(option(mrkdwn=True), least=1),
        },
        required=("options",),
    ),
    "radio_buttons": _element(
        {
            "options": array(
                option(mrkdwn=True), least=1, most=LIMIT["radio_buttons.options.items"]
            ),
            "initial_option": option(mrkdwn=True),
        },
        required=("options",),
    ),
    "datepicker": _menu({"initial_date": _DATE}),
    "timepicker": _menu({"initial_time": _TIME, "timezone": text()}),
    "datetimepicker": _element({"initial_date_time": whole(0)}),
}

_WRITING: dict[str, Check] = {
    "plain_text_input": _menu(
        {
            "initial_value": text(LIMIT["plain_text_input.max_length"]),
            "multiline": flag,
            "min_length": whole(0, LIMIT["plain_text_input.max_length"]),
            "max_length": whole(1, LIMIT["plain_text_input.max_length"]),
            "dispatch_action_config": anything,
        }
    ),
    "rich_text_input": _menu({"initial_value": anything, "dispatch_action_config": anything}),
    "email_text_input": _menu({"initial_value": text(), "dispatch_action_config": anything}),
    "url_text_input": _menu({"initial_value": text(), "dispatch_action_config": anything}),
    "number_input": _menu(
        {
            "is_decimal_allowed": flag,
            "initial_value": text(),
            "min_value": text(),
            "max_value": text(),
            "dispatch_action_config": anything,
        },
        required=("is_decimal_allowed",),
    ),
    "file_input": _element(
        {
            "filetypes": array(text(), least=1),
            "max_files": whole(LIMIT["file_input.max_files.least"], LIMIT["file_input.max_files"]),
        }
    ),
}

_OVERFLOW = _element(
    {"options": array(option(url=True), least=1, most=LIMIT["overflow.options.items"])},
    required=("options",),
)

IMAGE = record(IMAGE_FIELDS, required=("alt_text",), one_of=("image_url", "slack_file"))
_SELECTS = _menus("", multi=False)
_MULTI_SELECTS = _menus("multi_", multi=True)

IN_ACTIONS: Mapping[str, Check] = {
    "button": BUTTON,
    "overflow": _OVERFLOW,
    **_SELECTS,
    **_CHOICES,
}
IN_SECTION: Mapping[str, Check] = {**IN_ACTIONS, **_MULTI_SELECTS, "image": IMAGE}
IN_INPUT: Mapping[str, Check] = {**_WRITING, **_SELECTS, **_MULTI_SELECTS, **_CHOICES}
IN_CONTEXT: Mapping[str, Check] = {
    "image": IMAGE,
    "plain_text": any_text(LIMIT["text"]),
    "mrkdwn": any_text(LIMIT["text"]),
}
