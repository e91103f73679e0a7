"""The kinds of things that come to opsbot, as benchmarks.redelivery counts them."""

from __future__ import annotations

from benchmarks.inbound import KINDS
from benchmarks.redelivery import GOALS
from tests.docs.markdown_table import table

_MEANS = {
    "poll_line": "a note at PagerDuty of which no webhook comes, found by asking, each time anew",
    "webhook": "a note at PagerDuty, told by webhook and found by asking",
    "page": "a page that opens an incident",
    "slash_command": "a note, typed",
    "button_click": "*Undo*, on the answer to a note",
    "card_button": "taking the lead on the card",
    "form_submission": "a note, by form",
    "message_shortcut": "*Add to timeline*",
    "mention": "a note, said by mention, which comes as a mention and as a message",
    "reaction": "a pushpin",
    "channel_event": "the room is renamed",
    "home": "the Home tab is opened and drawn",
}


def inbound_table() -> str:
    """The table of the figures of single kinds. Raises KeyError for one that nobody explained."""
    rows = [(f"`{kind.name}`", _MEANS[kind.name], GOALS[kind.name]) for kind in KINDS]
    return table(("figure", "means", "goal"), rows)
