"""What Slack is answered at once: the acknowledgement, errors in a form, choices for a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbot.cards import limits
from opsbot.cards.form import option
from opsbot.core.form import Choice
from opsbot.core.text import inert
from opsbot.slack.foreign_json import as_object

_LONGEST_VALUE = 150  # of an option (Slack page "Option object")
_LONGEST_SENTENCE = 300  # our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The answer to one delivery, over HTTP or on a socket.

    `status` is HTTP's; from 500 on Slack shall send it again, so that a socket stays silent.
    """

    status: int = 200
    payload: Mapping[str, Any] | None = None

    @property
    def taken(self) -> bool:
        """Whether the delivery is done with, as far as Slack is concerned."""
        return self.status < 500


EMPTY = Ack()
LATER = Ack(status=503)
# Slack page "Modals": closes every view of the stack, not only the one on top.
CLEAR = Ack(payload={"response_action": "clear"})


def for_the_caller(text: str) -> Ack:
    """Words that only the person who typed the command sees."""
    return Ack(payload={"response_type": "ephemeral", "text": text})


def field_errors(view: Mapping[str, Any], errors: Mapping[str, str]) -> Ack | None:
    """Sentences beside a form's fields, which stays open with what was typed.

    Slack takes errors for blocks of the form only; one for another name stands at the first
    field. None when the form has no field to put them at.
    """
    blocks = [str(name) for name in as_object(as_object(view.get("state")).get("values"))]
    placed: dict[str, str] = {}
    for name, sentence in errors.items():
        block = name if name in blocks else next(iter(blocks), "")
        if block:
            said = " ".join(one for one in (placed.get(block), sentence) if one)
            placed[block] = inert(said, _LONGEST_SENTENCE)
    if not placed:
        return None
    return Ack(payload={"response_action": "errors", "errors": placed})


def options(choices: Sequence[Choice]) -> Ack:
    """Choices for a field that is searched while typing. One with a value too long for Slack is
    left out: a cut value would be a wrong one."""
    fitting = [choice for choice in choices if 0 < len(choice.value) <= _LONGEST_VALUE]
    return Ack(payload={"options": [option(choice) for choice in fitting[: limits.CHOICES]]})
