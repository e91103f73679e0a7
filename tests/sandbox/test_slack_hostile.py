"""Hostile calls to the sandbox Slack: whatever is sent, the answer is one Slack could give."""

from __future__ import annotations

import random
from typing import Any

import pytest

from opsbot.sandbox.slack.facts import METHODS
from tests.sandbox.slack_world import SlackWorld

ROUNDS = 25


def values(slack: SlackWorld, ts: str, dice: random.Random) -> Any:
    """One argument value: an id that exists, one that does not, or something absurd."""
    absurd: list[Any] = [
        *slack.workspace.channels,
        *slack.workspace.users,
        *slack.workspace.files,
        ts,
        "C404",
        "1800000000.999999",
        "inc-2",
        "",
        "x" * 5000,
        "\u202e<!channel>\x00",
        "https://example.com",
        "link",
        "public_channel,im,mpim",
        -1,
        7,
        1.5,
        True,
        None,
        [],
        {},
        [{"id": "F404"}],
        [{"type": "divider"}],
        {"type": "modal", "title": {}, "blocks": {}},
        {"type": "home", "blocks": []},
        {"event_type": "x", "event_payload": {}},
        '[{"type": "section"}]',
    ]
    return dice.choice(absurd)


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_a_method_answers_anything_with_a_documented_error(
    slack: SlackWorld, method: str
) -> None:
    """The door itself refuses to answer an error Slack does not document, by failing with a 500."""
    slack.sandbox.enforce_tiers = False
    slack.sandbox.scopes = slack.sandbox.scopes | {"files:read", "mpim:write", "mpim:read"}
    room = slack.room(is_private=True)
    slack.workspace.add_channel("old", creator=slack.bot, archived=True)
    slack.workspace.add_user("ada")
    ts = await slack.posted(room)
    facts, dice = METHODS[method], random.Random(method)
    for _ in range(ROUNDS):
        wanted = [name for name in facts.known if name in facts.required or dice.random() < 0.4]
        arguments = {name: values(slack, ts, dice) for name in sorted(wanted)}
        answer = await slack.raw(method, json=arguments)
        assert answer["ok"] is True or answer["error"] in facts.errors
        form = {name: str(value) for name, value in arguments.items()}
        answer = await slack.raw(method, data=form)
        assert answer["ok"] is True or answer["error"] in facts.errors
    state = f"{slack.workspace.url}sandbox/state"
    async with slack.session.get(state) as response:
        assert response.status == 200
