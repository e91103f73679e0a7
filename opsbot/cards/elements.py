"""Pieces as Block Kit elements. Foreign text goes only into rich text `text` elements and into
plain_text, which Slack does not parse; mentions, links and dates are elements of their own.

Sources: Slack pages "Rich text block" and "Context block". Pieces come from `clean_card`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor

from opsbot.cards import limits
from opsbot.cards.clean import moment_words
from opsbot.cards.escape import escape, escaped_within, neutral
from opsbot.core.card import At, Image, Line, Link, Piece, Room, Strong, Tone, Who
from opsbot.core.text import inert

Element = dict[str, object]
Block = dict[str, object]

NEWLINE: Element = {"type": "text", "text": "\n"}
_SIGN: Element = {"type": "emoji", "name": "warning"}
_FORMATS = {"time": "{time}", "date_time": "{date_short_pretty} {time}", "ago": "{ago}"}


def plain_text(text: str, limit: int = 3_000) -> Element:
    """A plain_text object. Slack decodes the three entities there, so they are escaped too."""
    return {"type": "plain_text", "text": escaped_within(text, limit), "emoji": False}


def rich_line(line: Line) -> list[Element]:
    """One line as rich text elements; a loud one gets a sign and a bold label, or is bold."""
    loud, struck = line.tone is Tone.LOUD, line.tone is Tone.STRUCK
    style = {"strike": True} if struck else {"bold": True} if loud and not line.label else {}
    elements: list[Element] = []
    if loud:
        elements += [dict(_SIGN), _text(" ", {})]
    if line.label:
        elements += [_text(line.label, {**style, "bold": True}), _text(" ", {})]
    return elements + [_rich(piece, style) for piece in line.pieces]


def rich_block(lines: Sequence[Line]) -> Block:
    """Lines as one rich text block. They are parted by line breaks inside one section, as Slack's
    own editor does it: clients do not agree on whether a new section starts a new line."""
    elements: list[Element] = []
    for line in lines:
        elements += [*([NEWLINE] if elements else []), *rich_line(line)]
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }


def code_block(lines: Sequence[Line]) -> Block:
    """Exact words of a machine, line by line, in one preformatted block that Slack parses not."""
    text = "\n".join("".join(p for p in line.pieces if isinstance(p, str)) or " " for line in lines)
    code: Element = {"type": "rich_text_preformatted", "elements": [_text(text, {})]}
    return {"type": "rich_text", "elements": [code]}


def image_block(image: Image) -> Block:
    """A picture that Slack holds; what it shows is said in its alternative text."""
    return {
        "type": "image",
        "slack_file": {"id": image.file_id},
        "alt_text": inert(image.alt, limits.ALT_TEXT) or inert(image.title) or "a picture",
    }


def small_block(line: Line) -> Block | None:
    """A quiet line as small print, or None when it mentions somebody or has too many parts.

    Text stands in plain_text; a date, link or channel, which plain_text cannot show, in a mrkdwn
    element of its own that holds nothing else.
    """
    pieces = _joined((*([f"{line.label} "] if line.label else []), *line.pieces))
    if len(pieces) > limits.CONTEXT_ELEMENTS or any(isinstance(p, Who) for p in pieces):
        return None
    return {"type": "context", "elements": [_small(piece) for piece in pieces]}


def _text(text: str, style: Mapping[str, bool]) -> Element:
    return {"type": "text", "text": text, **({"style": dict(style)} if style else {})}


def _rich(piece: Piece, style: Mapping[str, bool]) -> Element:
    match piece:
        case str():
            return _text(piece, style)
        case Strong(text=text):
            return _text(text, {**style, "bold": True})
        case Link(label=label, url=url):
            styled = {"style": dict(style)} if style else {}
            return {"type": "link", "url": url, "text": label, **styled}
        case Who(slack_id=slack_id):
            return {"type": "user", "user_id": slack_id}
        case Room(channel_id=channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case At():
            return {
                "type": "date",
                "timestamp": floor(piece.moment.timestamp()),
                "format": _FORMATS.get(piece.style, "{time}"),
                "fallback": moment_words(piece),
            }


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbouring texts as one, blank ones dropped: context elements stand apart by themselves."""
    joined: list[Piece] = []
    for piece in pieces:
        words = piece.text if isinstance(piece, Strong) else piece
        if isinstance(words, str) and joined and isinstance(joined[-1], str):
            joined[-1] += words
        else:
            joined.append(words)
    return [piece for piece in joined if not isinstance(piece, str) or piece.strip()]


def _small(piece: Piece) -> Element:
    match piece:
        case Link(label=label, url=url):
            token = f"<{escape(url)}|{neutral(label).replace('|', '∣')}>"
        case Room(channel_id=channel_id):
            token = f"<#{channel_id}>"
        case At():
            seconds = floor(piece.moment.timestamp())
            shown = _FORMATS.get(piece.style, "{time}")
            token = f"<!date^{seconds}^{shown}|{moment_words(piece)}>"
        case Who(name=text) | Strong(text=text) | str(text):
            return plain_text(text.strip())
    return {"type": "mrkdwn", "text": token, "verbatim": True}
