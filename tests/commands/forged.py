"""Clicks as a payload can bring them that no card of ours made: any value, message and place."""

from __future__ import annotations

from typing import Any

from opsbot.cards.render import ACTION_PREFIX
from opsbot.core.invocation import PersonEvent
from opsbot.slack.payloads import Kind, canonical_body, json_in, person_event
from tests.commands.asked import OURSELVES
from tests.commands.office import Office
from tests.fakes.people import OUR_TEAM


def click(
    office: Office, action: str, value: str, by: str, *, channel: str = "", ts: str = "",
    ephemeral: bool = False, team: str = "",
) -> PersonEvent | None:  # fmt: skip
    """A press of a button that carries `value`; without a channel it is one of the Home tab.

    None when our own readers find nothing in it that anybody could ask for.
    """
    element = {"type": "button", "action_id": ACTION_PREFIX + action, "value": value,
               "action_ts": office.slack.ts()}  # fmt: skip
    payload: dict[str, Any] = {
        "type": "block_actions", "actions": [element], "trigger_id": office.people.new_trigger(by),
        "user": {"id": by, "username": by.lower(), "team_id": team or OUR_TEAM},
        **(_in_message(channel, ts or office.slack.ts(), ephemeral) if channel else _on_home()),
    }  # fmt: skip
    stored = json_in(canonical_body(payload))
    return person_event(Kind.INTERACTIONS, stored, office.clock.now(), OURSELVES)


def _in_message(channel: str, ts: str, ephemeral: bool) -> dict[str, Any]:
    container = {"type": "message", "message_ts": ts, "channel_id": channel,
                 "is_ephemeral": ephemeral}  # fmt: skip
    return {
        "container": container, "channel": {"id": channel, "name": channel.lower()},
        "message": {"ts": ts}, "response_url": "https://hooks.slack.com/actions/T/1/x",
    }  # fmt: skip


def _on_home() -> dict[str, Any]:
    return {
        "container": {"type": "view", "view_id": "V0HOME"},
        "view": {"id": "V0HOME", "type": "home", "private_metadata": "", "hash": "h"},
    }
