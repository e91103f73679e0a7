"""The Home tab as a view: cards one below the other, as many as Slack takes.

Source: Slack page "views.publish": at most 100 blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.cards.elements import Block
from opsbot.cards.render import render
from opsbot.core.card import Card

MOST_BLOCKS = 100


def render_home(cards: Sequence[tuple[Card, str]]) -> dict[str, object]:
    """Draw the cards, each with the incident id that its buttons carry; what does not fit is left
    out whole, and pages keep that from happening."""
    blocks: list[Block] = []
    for card, incident_id in cards:
        drawn = [
            # Block ids have to differ within a view; Slack gives those of its own.
            {name: value for name, value in block.items() if name != "block_id"}
            for block in render(card, button_value=incident_id).blocks
        ]
        divider: list[Block] = [{"type": "divider"}] if blocks else []
        if len(blocks) + len(divider) + len(drawn) > MOST_BLOCKS:
            break
        blocks += [*divider, *drawn]
    return {"type": "home", "blocks": blocks}
