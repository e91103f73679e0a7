"""A typed line as words: quotes, Slack's tokens, entities, and nothing hidden or lost."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.text import inert
from opsbot.core.words import ChannelWord, LinkWord, PowerlessWord, UserWord, rest, split

ANYTHING = st.text(st.characters(), max_size=300)
PIECES = st.lists(
    st.sampled_from(
        ['"', "'", "“", "”", "„", "‘", "’", "«", "»", " ", "\u00a0", "a", "it's", "=", "key=", ",",
         "<@U1|ann>", "<#C1|inc-1>", "<https://x.io|y>", "<!here>", "<", ">", "&lt;", "&amp;",
         "\u202e", "\u200b", "\x1b[31m", "\n"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("sev1 checkout down", ["sev1", "checkout", "down"]),
        ('sev1 "API is down"', ["sev1", "API is down"]),
        ("'it is down' now", ["it is down", "now"]),
        ("“API is down” now", ["API is down", "now"]),  # as phones type it
        ("„API ist weg“ jetzt", ["API ist weg", "jetzt"]),
        ("«API» »ist« ‘weg’", ["API", "ist", "weg"]),
        ("“API is down” and „no“", ["API is down", "and", "no"]),
        ("don't panic, it’s fine", ["don't", "panic,", "it’s", "fine"]),
        ("'don't panic' now", ["don't panic", "now"]),  # the apostrophe closes nothing
        ('"unclosed and fine', ['"unclosed', "and", "fine"]),
        ('"one "two "three', ['"one', '"two', '"three']),
        ("rock 'n roll", ["rock", "'n", "roll"]),
        ('a 6" pipe and a 5" one', ["a", '6"', "pipe", "and", "a", '5"', "one"]),
        ('title="two words" x', ["title=two words", "x"]),
        ("lead:'ann lee'", ["lead:ann lee"]),
        ('"API is down", sev1', ["API is down", ",", "sev1"]),
        ('""', [""]),
        ("a\u00a0b\u2003c\td\ne", ["a", "b", "c", "d", "e"]),  # NBSP, em space
        ("", []),
        (" \u00a0 ", []),
    ],
)
def test_words_are_cut_at_white_space_outside_quotes(line: str, texts: list[str]):
    assert [word.text for word in split(line)] == texts


def test_a_word_knows_whether_it_was_quoted_and_where_it_stands():
    plain, quoted = split('sev1  "API down"')
    assert (plain.quoted, plain.start, plain.end) == (False, 0, 4)
    assert (quoted.quoted, quoted.start, quoted.end, quoted.typed) == (True, 6, 16, '"API down"')


def test_mentions_keep_the_ids_that_slack_gave_them():
    user, comma, channel, bare = split("<@U123|ann>, <#C9|inc-42> <@W5>")
    assert isinstance(user, UserWord)
    assert (user.id, user.name, user.text, comma.text) == ("U123", "ann", "@ann", ",")
    assert isinstance(channel, ChannelWord)
    assert (channel.id, channel.name, channel.text) == ("C9", "inc-42", "#inc-42")
    assert isinstance(bare, UserWord)
    assert (bare.id, bare.name, bare.text) == ("W5", "", "@W5")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("<https://x.io/a?b=1&amp;c=2>", "https://x.io/a?b=1&c=2"),
        ("<https://evil.example|click here>", "https://evil.example"),  # a label may lie
        ("<https://evil.example|bank.example>", "https://evil.example"),
        ("<http://api.example.com|api.example.com>", "api.example.com"),  # Slack made it a link
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("<mailto:a@example.com|b@example.com>", "mailto:a@example.com"),
    ],
)
def test_links_show_their_address_and_never_a_foreign_label(typed: str, text: str):
    (word,) = split(typed)
    assert isinstance(word, LinkWord)
    assert word.text == text


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("<!here>", "@here"),
        ("<!channel|channel>", "@channel"),
        ("<!subteam^S1|@ops>", "@ops"),
        ("<!subteam^S1>", "@S1"),
        ("<!date^1700000000^{date}|14 Nov>", "14 Nov"),
        ("<@nobody>", "@nobody"),
        ("<#everything|x>", "#x"),
    ],
)
def test_broadcasts_groups_and_dates_are_text_without_power(typed: str, text: str):
    (word,) = split(typed)
    assert isinstance(word, PowerlessWord)
    assert word.text == text


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),  # decoded once
        ("&lt;@U123&gt;", "<@U123>"),  # typed by a person, so no mention
        ("&quot;x&quot; &copy;", "&quot;x&quot; &copy;"),  # not Slack's
    ],
)
def test_entities_are_decoded_exactly_once(line: str, prose: str):
    assert rest(split(line)) == prose
    assert not any(isinstance(word, UserWord) for word in split(line))


def test_what_hides_or_reorders_is_made_visible():
    assert rest(split("a\u202eb \u200bc \x1b[31md\x00")) == (
        "a[U+202E]b [U+200B]c [U+001B][31md[U+0000]"
    )


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ('"API is down"', "API is down"),  # around the whole: dropped
        ('he said "it is down" twice', 'he said "it is down" twice'),
        ("two   spaces\u00a0here", "two spaces here"),
        ('"API", (and <@U1|ann>) x', '"API", (and @ann) x'),
        ("tell <@U1|ann>'s team", "tell @ann's team"),
    ],
)
def test_prose_comes_back_as_it_was_typed(line: str, prose: str):
    assert rest(split(line)) == prose


@given(ANYTHING | PIECES)
def test_no_line_fails_and_words_lie_in_order(line: str):
    words = split(line)
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert all(word.start < word.end <= len(line) for word in words)


@given(ANYTHING | PIECES)
def test_nothing_but_white_space_lies_between_words(line: str):
    """What was typed and is no white space belongs to exactly one word."""
    covered = {i for word in split(line) for i in range(word.start, word.end)}
    assert all(line[i].isspace() for i in range(len(line)) if i not in covered)


@given(ANYTHING | PIECES)
def test_words_and_prose_are_inert(line: str):
    words = split(line)
    for text in (rest(words), *(word.text for word in words), *(word.typed for word in words)):
        assert text == inert(text, limit=len(text) + 1)
        assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in text)


@given(st.text(st.characters(exclude_characters='"<>&\x1b'), max_size=80))
def test_what_stands_in_quotes_survives_to_the_letter(text: str):
    """But for what `inert` does to any foreign text."""
    word = split(f'sev1 "{text}" now')[1]
    assert word.quoted
    assert word.text == inert(text, limit=2_000)


@given(st.text(st.characters(exclude_characters="<>&\x1b"), max_size=80))
def test_prose_keeps_every_visible_character(text: str):
    words = split(f"x {text}")
    kept = re.sub(r"\s", "", rest(words))
    assert kept == re.sub(r"\s", "", inert(f"x {text}", limit=2_000))
