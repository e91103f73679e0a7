"""Text somebody might put into a title to see what happens, and cards full of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

from hypothesis import strategies as st

from opsbot.cards.render import Rendered
from opsbot.core.card import At, Button, Card, Line, Link, Piece, Room, Strong, Tone, Who

# The title named by the acceptance list, and the usual other suspects.
TITLE = "<!channel> *x* & <@U1> \u202e"
PROBES = (
    TITLE,
    "<!here> <!everyone> <!subteam^S1> <#C1> <!date^1^{time}|x>",
    "<https://evil.example|Approve remediation> https://evil.example www.evil.example",
    "` <https://evil.example|portal> ` ```rm```",
    ":white_check_mark: resolved :x:",
    "> Status: resolved",
    "@here @channel @U1 a@evil.example",
    "one\ntwo\r\nthree\u2028four\x85five",
    "\x00\x1b[31mred\x1b[0m\x07\x9b",
    "\ud800 \udfff",
    "\u2066a\u2069\u200fb\u061cc\ufeff\u00add\U000e0041",
    "_all_ ~of~ *it*",
    "👩‍👩‍👧 ناس 事故 \u0301\u0301",
    "&amp; &lt;!channel&gt;",
    "",
    " ",
)
text = st.one_of(
    st.sampled_from(PROBES),
    st.text(max_size=200),
    st.text(alphabet="<>!@#&|*_~`: \n\u202e\u2067\ud800\x00ab", max_size=80),
    st.lists(st.sampled_from(PROBES), min_size=1, max_size=6).map("".join),
    st.sampled_from(PROBES).map(lambda probe: probe * 500),
)
moments = st.datetimes().map(lambda at: at.replace(tzinfo=UTC)) | st.datetimes()
pieces: st.SearchStrategy[Piece] = st.one_of(
    text,
    st.builds(Strong, text=text),
    st.builds(Link, label=text, url=text | text.map(lambda t: f"https://example.com/{t}")),
    st.builds(Who, name=text, slack_id=st.sampled_from(("", "U1", "<!here>")), pings=st.booleans()),
    st.builds(Room, channel_id=st.sampled_from(("", "C1", "<!here>")), name=text),
    st.builds(At, moment=moments, style=st.sampled_from(("time", "date_time"))),
)
lines = st.builds(
    Line,
    pieces=st.lists(pieces, max_size=6).map(tuple),
    tone=st.sampled_from(Tone),
    label=st.just("") | text,
)
buttons = st.builds(Button, action=st.just("ack") | text, label=text, primary=st.booleans())
cards = st.builds(
    Card,
    header=text,
    lines=st.lists(lines, max_size=8).map(tuple),
    buttons=st.lists(buttons, max_size=4).map(tuple),
    footer=st.lists(lines, max_size=3).map(tuple),
    struck=st.booleans(),
)

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TOKEN = re.compile(r"<[!@#][^>]*>")
_DATE = re.compile(r"<!date\^\d+\^[^|<>]*\|[^<>]*>")
_CHANNEL = re.compile(r"<#C[A-Z0-9]+>")
_LINK = re.compile(r"<https?://[^|<> ]+\|[^<>|]*>")

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string in JSON with the key it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for inner_key, inner in cast("dict[str, object]", value).items():
            yield from strings(inner, inner_key)
    elif isinstance(value, (list, tuple)):
        for inner in cast("list[object]", value):
            yield from strings(inner, key)


def parsed_strings(value: object) -> Iterator[str]:
    """Every string in blocks that Slack reads as mrkdwn."""
    if isinstance(value, dict):
        found = cast("dict[str, object]", value)
        if found.get("type") == "mrkdwn":
            yield str(found["text"])
        for inner in found.values():
            yield from parsed_strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in cast("list[object]", value):
            yield from parsed_strings(inner)


def hidden_in(text: str) -> list[str]:
    """Controls, lone surrogates and direction marks in `text`; our own line breaks are fine."""
    return [c for c in text.replace("\n", "") if c in _BIDI or _CONTROL.match(c)]


def is_own_token(text: str) -> bool:
    """Whether mrkdwn text is exactly one token that we build ourselves: date, channel or link."""
    return any(shape.fullmatch(text) for shape in (_DATE, _CHANNEL, _LINK))


def tokens_in(text: str) -> list[str]:
    """Live `<...>` tokens."""
    return _TOKEN.findall(text)


def dangers_in(rendered: Rendered) -> list[str]:
    """Everything in a rendered card that could mention, hide or reverse; empty when it is inert."""
    found = [f"text: {token}" for token in tokens_in(rendered.text)]
    found += [
        f"mrkdwn: {said}" for said in parsed_strings(rendered.blocks) if not is_own_token(said)
    ]
    for key, said in [*strings(rendered.blocks), ("text", rendered.text)]:
        found += [f"{key}: U+{ord(char):04X}" for char in hidden_in(said)]
    return found
