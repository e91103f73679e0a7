"""A card as a Slack message: blocks, and the plain text that stands in for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from opsbot.cards import limits
from opsbot.cards.clean import clean_card
from opsbot.cards.elements import (
    Block,
    Element,
    code_block,
    image_block,
    plain_text,
    rich_block,
    small_block,
)
from opsbot.cards.escape import size
from opsbot.cards.fitting import cut_note, json_size, most_that_fit
from opsbot.cards.plain import fallback_text
from opsbot.core.card import Button, Card, Line, Strong, Tone
from opsbot.core.text import inert

ACTION_PREFIX = "opsbot:"
ACTIONS = "opsbot.actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What chat.postMessage takes; `cut` says what found no place in the blocks, if anything."""

    text: str
    blocks: tuple[Block, ...]
    cut: str = ""


def render(card: Card, *, button_value: str = "") -> Rendered:
    """Draw `card` within all of Slack's limits; never raises for any text in it.

    `button_value` is what every button carries back: an opaque id, because it returns from a
    client as a claim. A struck card has its header and plain lines struck through; its loud and
    quiet lines and its footer stay readable.
    """
    card = clean_card(card)
    lines = [_struck(line) for line in card.lines] if card.struck else list(card.lines)
    buttons = _buttons(card.buttons, button_value)
    footer = _layout(most_that_fit(card.footer, _footer_fits, _tone))
    images = [image_block(image) for image in card.images]
    actions: list[Block] = [_actions(buttons)] if buttons else []
    tail: list[Block] = [*images, *actions, *footer]
    header = _header(card)
    room = limits.BLOCKS_SIZE - limits.NOTE_SIZE - json_size([*header, *tail])

    def fits(chosen: Sequence[Line]) -> bool:
        blocks = _layout(chosen)
        return len(blocks) + len(tail) + 2 <= limits.BLOCKS and json_size(blocks) <= room

    kept = most_that_fit(lines, fits, _tone)
    cut = cut_note(len(lines) - len(kept), len(card.buttons) - len(buttons), card.more)
    note: list[Block] = [{"type": "context", "elements": [plain_text(cut)]}] if cut else []
    blocks = (*header, *_layout(kept), *note, *tail)
    return Rendered(text=fallback_text(card), blocks=blocks, cut=cut)


def _actions(buttons: list[Element]) -> Block:
    """The block keeps its id through edits, so that a press during one finds its button."""
    return {"type": "actions", "block_id": ACTIONS, "elements": buttons}


def _tone(line: Line) -> Tone:
    return line.tone


def _header(card: Card) -> list[Block]:
    if not card.header:
        return []
    if not card.struck:
        return [{"type": "header", "text": plain_text(card.header, limits.HEADER)}]
    # A header block cannot be struck through.
    return [rich_block([Line(pieces=(Strong(text=card.header),), tone=Tone.STRUCK)])]


def _struck(line: Line) -> Line:
    if line.tone is not Tone.PLAIN:
        return line
    return Line(pieces=line.pieces, label=line.label, tone=Tone.STRUCK)


def _layout(lines: Sequence[Line]) -> list[Block]:
    """Neighbouring lines share a rich text block; quiet ones stand in small print."""
    blocks: list[Block] = []
    pending: list[Line] = []
    for is_code, group in groupby(lines, key=lambda line: line.tone is Tone.CODE):
        if is_code:
            blocks += [*([rich_block(pending)] if pending else []), code_block(list(group))]
            pending = []
            continue
        for line in group:
            small = small_block(line) if line.tone is Tone.QUIET else None
            if small is None:
                pending.append(line)
                continue
            blocks += [*([rich_block(pending)] if pending else []), small]
            pending = []
    return [*blocks, *([rich_block(pending)] if pending else [])]


def _footer_fits(lines: Sequence[Line]) -> bool:
    return len(lines) <= 3 and json_size(_layout(lines)) <= limits.FOOTER_SIZE


def _buttons(buttons: Sequence[Button], value: str) -> list[Element]:
    """The buttons that fit; a cut id would be a wrong one, so such a button is left out whole."""
    kept: dict[str, Element] = {}
    if size(value) > limits.BUTTON_VALUE or inert(value, limits.BUTTON_VALUE) != value:
        return []
    for button in buttons:
        action_id = ACTION_PREFIX + button.action
        if action_id in kept or not _usable(button.action):
            continue
        drawn = _button(action_id, button, carried_by(button, value))
        if size(str(drawn.get("value", ""))) > limits.BUTTON_VALUE:
            continue
        if len(kept) < limits.BUTTONS and (
            json_size([*kept.values(), drawn]) <= limits.BUTTONS_SIZE
        ):
            kept[action_id] = drawn
    return list(kept.values())


def carried_by(button: Button, about: str) -> str:
    """What a button brings back: the id it is about alone, or with the values it carries."""
    if not button.carries:
        return about
    return json.dumps({"i": about, "v": dict(button.carries)}, separators=(",", ":"))


def _usable(action: str) -> bool:
    fits = size(ACTION_PREFIX + action) <= limits.ACTION_ID
    return bool(action) and fits and inert(action) == action


def _button(action_id: str, button: Button, value: str) -> Element:
    label = inert(button.label, limits.BUTTON_LABEL) or button.action
    drawn: Element = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(label, limits.BUTTON_LABEL),
    }
    if value:
        drawn["value"] = value
    if button.primary:
        drawn["style"] = "primary"
    return drawn
