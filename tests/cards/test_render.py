"""What each kind of line, piece and button becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from opsbot.cards import limits
from opsbot.cards.elements import Block, Element
from opsbot.cards.plain import as_text
from opsbot.cards.render import render
from opsbot.core.card import At, Button, Card, Line, Link, Room, Strong, Tone, Who, line
from tests.cards.hostile import NOON, strings


def elements_of(block: Block) -> list[Element]:
    """The inline elements of a rich text block with one section."""
    assert block["type"] == "rich_text"
    sections = block["elements"]
    assert isinstance(sections, list)
    (section,) = sections  # type: ignore[misc]
    return section["elements"]  # type: ignore[no-any-return]


def drawn(*lines: Line) -> tuple[Block, ...]:
    """The blocks below the header."""
    return render(Card(header="Alert", lines=lines)).blocks[1:]


def test_pieces_become_typed_elements() -> None:
    """Mentions, links, channels and dates exist only as elements of their own."""
    (block,) = drawn(
        line(
            "by ",
            Who(name="Ada", slack_id="U1", pings=True),
            Link(label="trace", url="https://tempo.example/t|x"),
            Room(channel_id="C1", name="inc-1"),
            At(moment=NOON),
            Strong(text="SEV2"),
        )
    )
    assert elements_of(block) == [
        {"type": "text", "text": "by "},
        {"type": "user", "user_id": "U1"},
        {"type": "link", "url": "https://tempo.example/t%7Cx", "text": "trace"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "date", "timestamp": 1793707200, "format": "{time}", "fallback": "12:00 UTC"},
        {"type": "text", "text": "SEV2", "style": {"bold": True}},
    ]


def test_a_person_who_is_not_to_be_pinged_is_a_name() -> None:
    """Nobody is mentioned but those paged."""
    (block,) = drawn(line(Who(name="Ada", slack_id="U1"), Who(name="Bo", pings=True)))
    assert [e["type"] for e in elements_of(block)] == ["text", "text"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.com/x",
        "https://slack.com@evil.example/",
        "//evil.example",
        "https:///nohost",
        "https://exa mple.com/",
        "http://[::1",
        "http://example.com:99999/",
        "https://example.com/" + "a" * 3_000,
    ],
)
def test_an_address_that_may_not_be_linked_is_shown_as_text(url: str) -> None:
    """Only http and https with one clear host, short enough for Slack, become links."""
    (block,) = drawn(line(Link(label="log", url=url)))
    (element,) = elements_of(block)
    assert element["type"] == "text"
    assert str(element["text"]).startswith("log (")


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/a b?q=<x>|y", "https://example.com/a%20b?q=%3Cx%3E%7Cy"),
        ("http://prom:9090/graph?g0.expr=up%7B%7D", "http://prom:9090/graph?g0.expr=up%7B%7D"),
        ("https://пример.example/ü", "https://xn--e1afmkfd.example/%C3%BC"),
        ("http://[::1]:3000//x", "http://[::1]:3000//x"),
        ("HTTPS://Example.com", "https://example.com"),
    ],
)
def test_a_link_keeps_its_meaning_and_loses_what_could_end_a_token(url: str, linked: str) -> None:
    """Bars, angle brackets and blanks are percent-encoded; a foreign host shows as punycode."""
    (block,) = drawn(line(Link(label="x", url=url)))
    assert elements_of(block)[0]["url"] == linked


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_a_date_slack_cannot_draw_is_plain_text(year: int) -> None:
    """Senders do send years 1 and 9999; they are shown with their date."""
    at = datetime(year, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1 if year == 9999 else 1)))
    (block,) = drawn(line(At(moment=at)))
    (element,) = elements_of(block)
    assert element["type"] == "text"
    assert str(element["text"]).startswith(f"{year:04d}-12-31 2")


def test_neighbouring_lines_share_a_block_and_break_inside_one_section() -> None:
    """One section with line breaks is what Slack's editor makes; a block a line wastes a screen."""
    (block,) = drawn(line("one", label="Impact"), line("two"))
    assert [e["text"] for e in elements_of(block)] == ["Impact", " ", "one", "\n", "two"]
    assert elements_of(block)[0]["style"] == {"bold": True}


def test_a_loud_line_has_a_sign_and_bold_words() -> None:
    """Loud is told by a mark and by weight, never by a colour alone."""
    labelled = Line(pieces=("since 11:04",), label="Logs silent", tone=Tone.LOUD)
    (block,) = drawn(labelled, Line(pieces=("no traces",), tone=Tone.LOUD))
    first, _, label, _, said, _, second, _, bare = elements_of(block)
    assert first == second == {"type": "emoji", "name": "warning"}
    assert label["style"] == bare["style"] == {"bold": True}
    assert "style" not in said


def test_a_quiet_line_is_small_print_with_foreign_text_in_plain_text() -> None:
    """Only tokens of ours stand in mrkdwn, each alone in its element."""
    link = Link(label="a|b <x>", url="https://example.com/?a=1&b=2")
    pieces = ("updated *now* ", At(moment=NOON), " ", link, Room(channel_id="C1", name="x"))
    (block,) = drawn(Line(pieces=pieces, tone=Tone.QUIET))
    assert block["type"] == "context"
    assert block["elements"] == [
        {"type": "plain_text", "text": "updated *now*", "emoji": False},
        mrkdwn("<!date^1793707200^{time}|12:00 UTC>"),
        mrkdwn("<https://example.com/?a=1&amp;b=2|a∣b &lt;x&gt;>"),
        mrkdwn("<#C1>"),
    ]


def mrkdwn(text: str) -> Element:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def test_a_quiet_line_that_mentions_or_has_many_parts_is_an_ordinary_one() -> None:
    """A context block takes ten elements, and a mention is not small print."""
    ping = Line(pieces=(Who(name="Ada", slack_id="U1", pings=True),), tone=Tone.QUIET)
    many = Line(pieces=tuple(At(moment=NOON) for _ in range(11)), tone=Tone.QUIET)
    assert [block["type"] for block in drawn(ping, many)] == ["rich_text"]


def test_a_struck_card_strikes_header_and_plain_lines_only() -> None:
    """A closed incident's digest card: the old story struck, how it ended still readable."""
    ended = Line(pieces=("resolved after 12 min",), tone=Tone.QUIET)
    card = Card(header="Alert", lines=(line("errors"), ended), struck=True)
    header, story, end = render(card).blocks
    assert elements_of(header)[0]["style"] == {"strike": True, "bold": True}
    assert elements_of(story)[0]["style"] == {"strike": True}
    assert end["type"] == "context"
    assert render(card).text.splitlines()[0] == "(struck) Alert"


def test_buttons_carry_the_incident_and_their_meaning() -> None:
    """A click is looked up by action and id; nothing else comes back from a client."""
    buttons = (
        Button(action="ack", label="Ack & lead", primary=True),
        Button(action="more", label=""),
    )
    card = Card(header="Alert", lines=(), buttons=buttons)
    actions = render(card, button_value="I-1").blocks[-1]["elements"]
    assert actions == [
        {
            "type": "button",
            "action_id": "opsbot:ack",
            "text": {"type": "plain_text", "text": "Ack &amp; lead", "emoji": False},
            "value": "I-1",
            "style": "primary",
        },
        {
            "type": "button",
            "action_id": "opsbot:more",
            "text": {"type": "plain_text", "text": "more", "emoji": False},
            "value": "I-1",
        },
    ]


def test_buttons_that_cannot_be_drawn_are_left_out_and_counted() -> None:
    """A cut id would be a wrong one."""
    twice = tuple(Button(action="ack", label="Ack") for _ in range(2))
    long = Button(action="x" * limits.ACTION_ID, label="X")
    assert render(Card(header="A", lines=(), buttons=(*twice, long))).cut == "2 buttons left out"
    huge = render(Card(header="A", lines=(), buttons=twice), button_value="x" * 2_001)
    assert [block["type"] for block in huge.blocks] == ["header", "context"]


def test_a_card_without_words_says_so() -> None:
    """Slack refuses empty texts; a blank line is no line."""
    rendered = render(Card(header=" ", lines=(line(" "), line()), footer=(line(""),)))
    assert [said for key, said in strings(rendered.blocks) if key == "text"] == ["(no title)"]
    assert rendered.text == "(no title)"


def test_a_card_without_a_header_is_its_lines() -> None:
    """A short answer to one person has no title to show."""
    card = Card(header="", lines=(line("Ada has the lead"),))
    assert [block["type"] for block in render(card).blocks] == ["rich_text"]
    assert render(card).text == as_text(card) == "Ada has the lead"


def test_a_typical_card_is_whole() -> None:
    """Nothing of a card as designed is cut, and it is drawn in the order it is read."""
    finding = line("auth-api: errors start 20 s later", Link(label="q", url="https://x.example/q"))
    card = Card(
        header="[SEV2] checkout-api: error rate above 5 %",
        lines=tuple(Line(pieces=finding.pieces, label=f"Line {n}") for n in range(20)),
        buttons=(Button(action="ack", label="Ack & lead"),),
        footer=(Line(pieces=("INC-42, updated ", At(moment=NOON)), tone=Tone.QUIET),),
    )
    rendered = render(card, button_value="I-1")
    assert rendered.cut == ""
    assert [b["type"] for b in rendered.blocks] == ["header", "rich_text", "actions", "context"]
    assert rendered.text.splitlines()[-1] == "INC-42, updated 12:00 UTC"


def test_a_terminal_shows_the_card_in_columns() -> None:
    """The same content for people without Slack: labels aligned, buttons in brackets."""
    card = Card(
        header="checkout <errors>",
        lines=(
            line("31 %", label="Impact"),
            Line(pieces=("silent",), label="Logs", tone=Tone.LOUD),
            line(At(moment=datetime(2026, 11, 3, 14, 2, tzinfo=UTC), style="date_time")),
            Line(pieces=(Link(label="trace", url="https://x.example/t"),), tone=Tone.STRUCK),
        ),
        buttons=(Button(action="ack", label="Ack"), Button(action="more", label="More")),
        footer=(line("INC-42"),),
    )
    assert as_text(card).splitlines() == [
        "checkout <errors>",
        "  Impact  31 %",
        "! Logs    silent",
        "          2026-11-03 14:02 UTC",
        "(struck)         trace (https://x.example/t)",
        "[Ack]  [More]",
        "INC-42",
    ]
