"""A card without blocks: the fallback text of a Slack message, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from opsbot.cards import limits
from opsbot.cards.address import without_marks
from opsbot.cards.clean import clean_card, moment_words
from opsbot.cards.escape import escape, escaped_within, plain_marks, size
from opsbot.cards.fitting import cut_note, most_that_fit
from opsbot.core.card import At, Card, Line, Link, Piece, Room, Strong, Tone, Who
from opsbot.core.text import inert

# Words, because neither a screen reader nor a notification tells a struck line from another.
_STRUCK = "(struck) "
_LOUD = "! "
# A link into a query is hundreds of characters that nobody reads aloud; the card has it to click.
_LONGEST_URL = 100


def fallback_text(card: Card) -> str:
    """What notifications and screen readers say, and all there is when blocks are refused.

    Nothing in it is a live token, and foreign text has its markup replaced by look-alikes,
    because `text` may be read as mrkdwn. Takes a card from `clean_card`.
    """
    header = escaped_within(plain_marks(card.header), limits.HEADER)
    head = [_STRUCK + header if card.struck else header] if header else []
    pictures = (Line(pieces=(image.alt,), label="Picture") for image in card.images)
    shown = (*card.lines, *pictures, *card.footer)
    lines = [(line.tone, _fallback_line(line)) for line in shown]

    def joined(chosen: Sequence[tuple[Tone, str]]) -> str:
        note = cut_note(len(lines) - len(chosen), 0, card.more)
        return "\n".join([*head, *(said for _, said in chosen), *([note] if note else [])])

    kept = most_that_fit(
        lines, lambda chosen: size(joined(chosen)) <= limits.TEXT_SIZE, lambda item: item[0]
    )
    return joined(kept)


def as_text(card: Card) -> str:
    """The whole card for a terminal or a log: inert, but not escaped for any markup."""
    card = clean_card(card)
    width = max((len(line.label) for line in card.lines), default=0)
    rows = [_STRUCK + card.header if card.struck else card.header] if card.header else []
    rows += [_terminal_line(line, width) for line in card.lines]
    labels = [inert(button.label, limits.BUTTON_LABEL) or button.action for button in card.buttons]
    if labels:
        rows.append("  ".join(f"[{label}]" for label in labels))
    rows += [f"[picture: {inert(image.alt, limits.ALT_TEXT)}]" for image in card.images]
    rows += [_terminal_line(line, 0) for line in card.footer]
    return "\n".join(rows)


def topic_text(text: str) -> str:
    """A channel topic: one inert line, escaped, at most 250 characters as Slack counts them.

    Slack page "conversations.setTopic": no formatting, no links; emoji codes would be drawn.
    """
    return escaped_within(plain_marks(inert(text, limits.TOPIC)), limits.TOPIC)


def bookmark_title(text: str) -> str:
    """A bookmark's title: one short inert line, escaped."""
    return escaped_within(plain_marks(inert(text, limits.LABEL)), limits.LABEL)


def _mark(line: Line) -> str:
    return {Tone.LOUD: _LOUD, Tone.STRUCK: _STRUCK}.get(line.tone, "")


def _terminal_line(line: Line, width: int) -> str:
    said = "".join(_words(piece) for piece in line.pieces)
    if not width:
        return f"{_mark(line)}{said}".rstrip()
    gutter = _mark(line) or " " * len(_LOUD)
    return f"{gutter}{line.label:<{width}}  {said}".rstrip()


def _fallback_line(line: Line) -> str:
    parts: list[tuple[bool, str]] = [(False, f"{line.label}: ")] if line.label else []
    for piece in line.pieces:
        if isinstance(piece, Link) and len(piece.url) <= _LONGEST_URL:
            parts += [(False, f"{piece.label} ("), (True, piece.url), (False, ")")]
        else:
            parts.append((False, _words(piece)))
    # Neighbours are made neutral together: two pieces can form one emoji code.
    said = ""
    for is_url, group in groupby(parts, key=lambda part: part[0]):
        text = "".join(text for _, text in group)
        said += escape(without_marks(text)) if is_url else _neutral(text)
    return (_mark(line) + said).rstrip()


def _neutral(text: str) -> str:
    """Escaping can make five characters of one, and one line should not crowd out the others."""
    return escaped_within(plain_marks(text), limits.TEXT_SIZE // 2)


def _words(piece: Piece) -> str:
    match piece:
        case str():
            return piece
        case Strong(text=text):
            return text
        case Link(label=label, url=url):
            return f"{label} ({url})" if len(url) <= _LONGEST_URL else ""
        case Who(name=name):
            return f"@{name}"
        case Room(name=name):
            return f"#{name}"
        case At():
            return moment_words(piece)
