"""No text, from anywhere, makes a card that Slack refuses or that does more than say something."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

from opsbot.cards import limits
from opsbot.cards.fitting import json_size
from opsbot.cards.plain import as_text, bookmark_title, topic_text
from opsbot.cards.render import render
from opsbot.core.card import Card, Line, Tone, line
from opsbot.sandbox.slack.blocks import check_message_blocks
from tests.cards import hostile


@settings(max_examples=300, deadline=None)
@given(card=hostile.cards)
def test_any_card_is_inert_and_within_every_limit(card: Card) -> None:
    """Slack refuses a whole message for one character too many, and obeys one live token."""
    rendered = render(card, button_value="I-1")
    sent = json.loads(json.dumps(rendered.blocks))
    check_message_blocks(sent)
    assert hostile.dangers_in(rendered) == []
    assert len(sent) <= limits.BLOCKS
    assert json_size(rendered.blocks) <= limits.BLOCKS_SIZE
    assert 0 < len(rendered.text) <= limits.TEXT_SIZE
    rendered.text.encode()


@settings(max_examples=200, deadline=None)
@given(text=hostile.text)
def test_any_text_makes_an_inert_topic_bookmark_and_terminal_line(text: str) -> None:
    """Topics are one line of at most 250 characters, entities counted."""
    topic, title = topic_text(text), bookmark_title(text)
    assert len(topic) <= limits.TOPIC
    assert "\n" not in topic + title
    for said in (topic, title, as_text(Card(header=text, lines=(line(text),)))):
        assert hostile.hidden_in(said) == []
    assert re.findall(r"[<>*~`@]", topic + title) == []


@pytest.mark.parametrize("probe", hostile.PROBES)
def test_a_megabyte_of_anything_is_cut_and_still_posted(probe: str) -> None:
    """A title has no bound at its source."""
    huge = (probe or "x") * (1_000_000 // len(probe or "x"))
    card = Card(header=huge, lines=tuple(line(huge, label=huge) for _ in range(20)))
    rendered = render(card)
    check_message_blocks(json.loads(json.dumps(rendered.blocks)))
    assert hostile.dangers_in(rendered) == []


@settings(max_examples=300, deadline=None)
@given(text=hostile.text)
def test_markup_in_foreign_text_is_dead_in_the_fallback(text: str) -> None:
    """`text` may be read as mrkdwn, and bold, code, quotes and emoji codes have no escape."""
    said = render(Card(header="Alert", lines=(line(text, "end"),))).text.partition("\n")[2]
    assert re.findall(r"[*~`@]|https?://|:\S*:", said) == []
    assert re.findall(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", said) == []
    assert re.findall(r"^\s*&gt;|^\s*>", said, re.MULTILINE) == []


def test_the_title_of_the_acceptance_list_can_still_be_read() -> None:
    """Inert is not unreadable: a person sees what was sent, and the reversal as what it is."""
    rendered = render(Card(header=hostile.TITLE, lines=(line(hostile.TITLE),)))
    header, body = rendered.blocks
    assert header["text"] == {
        "type": "plain_text",
        "text": "&lt;!channel&gt; *x* &amp; &lt;@U1&gt; [U+202E]",
        "emoji": False,
    }
    assert dict(hostile.strings(body))["text"] == "<!channel> *x* & <@U1> [U+202E]"
    assert rendered.text.splitlines()[1] == "&lt;!channel&gt; ∗x∗ &amp; &lt;＠U1&gt; [U+202E]"


def test_sixty_short_lines_of_changing_tone_are_no_more_than_fifty_blocks() -> None:
    """Quiet lines stand in blocks of their own, so blocks can run out before characters do."""
    tones = (Tone.PLAIN, Tone.QUIET) * 30
    lines = tuple(Line(pieces=(f"{n}",), tone=tone) for n, tone in enumerate(tones))
    rendered = render(Card(header="Alert", lines=lines))
    assert len(rendered.blocks) == limits.BLOCKS
    assert rendered.cut == "and 12 more lines that do not fit here"


@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        (60, "see the thread", "and 12 more lines: see the thread"),
        (49, "see the thread", "and 1 more line: see the thread"),
        (49, "", "and 1 more line that does not fit here"),
        (48, "see the thread", ""),
    ],
)
def test_where_the_rest_can_be_read_is_said_by_whoever_knows_it(
    lines: int, more: str, said: str
) -> None:
    """A direct message has no thread that holds the rest, so none is promised."""
    tones = (Tone.PLAIN, Tone.QUIET) * 30
    many = tuple(Line(pieces=(f"{n}",), tone=tone) for n, tone in enumerate(tones[:lines]))
    assert render(Card(header="Alert", lines=many, more=more)).cut == said


def test_a_line_of_entities_is_shortened_not_dropped() -> None:
    """Escaping makes five characters of one; what is left must still say something."""
    said = render(Card(header="Alert", lines=(line("&" * 1_000), line("end")))).text
    assert said.startswith("Alert\n&amp;&amp;")
    assert said.endswith("…\nend")


def test_a_loud_line_survives_any_number_of_others() -> None:
    """Something responders must not miss is never what gets cut."""
    filler = tuple(line(f"finding {n} " + "x" * 300) for n in range(500))
    loud = Line(pieces=("collector is down",), label="Logs silent", tone=Tone.LOUD)
    rendered = render(Card(header="Alert", lines=(*filler, loud)))
    shown = [said for _, said in hostile.strings(rendered.blocks)]
    assert "collector is down" in shown
    assert "! Logs silent: collector is down" in rendered.text
    assert re.fullmatch(r"and 4\d\d more lines that do not fit here", rendered.cut)
    assert rendered.cut in shown
