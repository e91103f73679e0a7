"""Whatever somebody writes, a document shows it as words: judged by an independent reader of
Markdown that knows tables, strikethrough, bare links and raw HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from opsbot.core.text import inert
from opsbot.documents.markdown import code_block, code_span, destination, escaped, web_address
from tests.documents.hostile import TEXTS, WORDS

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMLESS = {"text", "text_special", "softbreak"}
APART = "\u200b"


def inline_of(tokens: Sequence[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def shown(tokens: Sequence[Token]) -> str:
    return "".join(child.content for child in inline_of(tokens)).replace(APART, "")


@given(TEXTS)
@example("1) x")
@example("_a_ b_c")
@example("&#35;")
def test_a_text_alone_on_its_line_is_one_paragraph_of_words(text: str) -> None:
    """No heading, list, rule, quotation, table, code, link, picture or HTML comes of it."""
    tokens = READER.parse(escaped(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert {child.type for child in inline_of(tokens)} <= HARMLESS


@given(TEXTS)
def test_it_reads_as_what_was_written(text: str) -> None:
    assert shown(READER.parse(escaped(text))) == inert(text, 4_000)


@given(TEXTS)
@example("GH-1 Www.x FTP: 1. a_ -")
def test_what_is_left_as_it_is_would_not_be_changed_by_any_rule(text: str) -> None:
    """The quick look that spares most texts the rules misses none: behind a word that the look
    stops at, every text is escaped in the same way."""
    line = inert(text, 4_000)
    if line and line == escaped(line):
        assert escaped(f"* {line}") == f"\\* {line}"


@given(TEXTS, TEXTS)
def test_in_a_table_a_list_and_bold_it_stays_in_its_place(first: str, second: str) -> None:
    one, two = escaped(first) or "x", escaped(second) or "y"
    table = READER.parse(f"| a | b |\n| --- | --- |\n| {one} | {two} |\n")
    assert sum(token.type == "td_open" for token in table) == 2
    bullets = READER.parse(f"- **{one}**: {two}\n- next\n")
    assert sum(token.type == "list_item_open" for token in bullets) == 2
    assert not {child.type for child in inline_of(bullets)} - HARMLESS - {
        "strong_open", "strong_close",
    }  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_nobody_is_mentioned_and_no_address_is_linked_where_bare_ones_are(word: str) -> None:
    """GitHub links what looks like an address, a person or an issue, behind escapes too."""
    raw = escaped(word)
    rendered = unescape(READER.render(raw))
    assert "://" not in raw
    assert "www." not in raw.lower()
    assert "@everyone" not in rendered
    assert "@octocat" not in rendered
    assert "#12" not in rendered
    assert "GH-12" not in rendered


@given(TEXTS)
def test_code_shows_every_letter_and_nothing_else(text: str) -> None:
    line = inert(text, 4_000)
    children = inline_of(READER.parse(code_span(text)))
    assert [(c.type, c.content) for c in children] == ([("code_inline", line)] if line else [])


@given(TEXTS)
def test_a_block_of_code_cannot_be_closed_from_within(text: str) -> None:
    (token,) = READER.parse(code_block(f"{text}\n```\n~~~~\nlast", "text"))
    assert token.type == "fence"
    assert token.content.endswith("last\n")


def test_code_keeps_its_indentation_and_cannot_forge_the_mark_of_a_section() -> None:
    block = code_block("a:\n  - b\n<!-- opsbot:section summary -->\n")
    assert block == "```\na:\n  - b\n<! -- opsbot:section summary -->\n```"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.com/a?b=1&c=(2)", "https://example.com/a?b=1&c=%282%29"),
        ("https://example.com/?a&lt;=1&b=2", "https://example.com/?a&amp;lt;=1&b=2"),
        ("http://example.com/a_b*c", "http://example.com/a_b%2Ac"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://example.com/ x", ""),
        ("https://example.com/\n", ""),
        ('https://example.com/"onclick="x', ""),
        ("//example.com", ""),
        ("https://" + "a" * 2_000, ""),
        ("", ""),
    ],
)
def test_only_plain_web_addresses_are_linked(url: str, safe: str) -> None:
    assert destination(url) == safe
    assert web_address(url) == (url if safe else "")


@pytest.mark.parametrize("query", ["a=1&b=2", "a&lt;=1", "a&amp;b", "a&#64;b&#x40;c", "&copy=1"])
def test_an_address_in_a_link_is_the_address_itself(query: str) -> None:
    """Copied from the raw file or followed on a page: no sign in it is read as another one."""
    url = f"https://example.com/?{query}"
    (link, *_) = inline_of(READER.parse(f"[x]({destination(url)})"))
    assert link.attrGet("href") == url


@given(TEXTS)
def test_an_address_cannot_leave_its_link(text: str) -> None:
    tokens = READER.parse(f"[x]({destination('https://example.com/' + text)}) after")
    kinds = [child.type for child in inline_of(tokens)]
    assert kinds == ["link_open", "text", "link_close", "text"]
