"""Say one line in the ops channel: what opsbot's operators, not responders, must know."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.core.card import Card, line
from opsbot.core.entry import Mode
from opsbot.core.text import inert
from opsbot.ports import Done, Ports, Refused, Steps, Unsure


async def tell_ops(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Post the text; answer seconds to wait when Slack is unreachable, None otherwise."""
    channels = ports.rules.channels
    channel = channels.ops or channels.digest
    if ports.rules.mode is Mode.SHADOW:
        channel = channels.shadow
    room = ports.room
    if room is None or not channel:
        return None
    card = Card(header="", lines=(line(inert(arguments["text"], 600), label="opsbot"),))

    async def step() -> float | None:
        match await room.say(channel, card):
            case Refused(retry_after=wait) if wait is not None:
                return max(wait.total_seconds(), 1.0)
            case Done() | Refused() | Unsure():
                # An unknown outcome is not repeated: one line too few here beats a repeat.
                return None

    return await steps.run("tell ops", step)
