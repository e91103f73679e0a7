"""Modals for tests, built from short words."""

from __future__ import annotations

from typing import Any

from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def element(kind: str, **fields: Any) -> Json:
    return {"type": kind, "action_id": fields.pop("action_id", kind), **fields}


def asking(block_id: str, kind: str, *, optional: bool = False, **fields: Any) -> Json:
    """An input block around one element."""
    block: Json = {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": element(kind, **fields),
    }
    return {**block, "optional": True} if optional else block


def acting(block_id: str, *elements: Json) -> Json:
    """An actions block."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(action_id: str, **fields: Any) -> Json:
    return element("button", action_id=action_id, text=plain(action_id), **fields)


def modal(*blocks: Json, **fields: Any) -> Json:
    shown = list(blocks) or [{"type": "divider"}]
    return {"type": "modal", "title": plain("Incident"), "blocks": shown, **fields}


def form(*blocks: Json, **fields: Any) -> Json:
    """A modal with a submit button."""
    return modal(*blocks, submit=plain("Declare"), **fields)


async def opened(slack: SlackWorld, user: str, view: Json) -> str:
    """Open a modal for a person and return its id."""
    trigger = slack.sandbox.views.new_trigger(user)
    answer = await slack.client.views_open(trigger_id=trigger, view=view)
    return str(answer["view"]["id"])
