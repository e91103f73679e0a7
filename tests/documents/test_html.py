"""The page: needs nothing else, shows what the Markdown says, and lets no markup through."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given

from opsbot.core import entry as e
from opsbot.documents import document_of
from opsbot.documents.html import page
from opsbot.documents.sections import mark
from opsbot.documents.template import default_template
from tests.documents import records
from tests.documents.hostile import TEXTS
from tests.documents.pen import Pen

PNG = b"\x89PNG\r\n\x1a\nnot drawn"
TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "nav", "ol", "ul", "li",
    "main", "section", "h1", "h2", "h3", "h4", "h5", "h6", "p", "strong", "em", "s",
    "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "div", "img", "span", "br", "hr",
    "blockquote",
}  # fmt: skip


VOID = ("meta", "img", "br", "hr")


class Tags(HTMLParser):
    """Every tag with its attributes, and the text outside the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


def html_of(pen: Pen, charts: dict[str, bytes] | None = None) -> str:
    return document_of(pen.incident, pen.entries, default_template(), charts or {}).html


def with_chart() -> Pen:
    pen = records.rolled_back_and_verified()
    chart = e.Illustrated(slot="chart:page", blob="b", file_id="F", title='INC-42: "errors"',
                          alt="Error share rises from 0.2 % to 9.1 % [at 12:05].")  # fmt: skip
    pen.write(chart, 9)
    return pen


@pytest.mark.parametrize("name", records.RECORDS)
def test_the_page_is_whole_and_asks_nobody_for_anything(name: str) -> None:
    text = html_of(records.RECORDS[name]())
    read = Tags(text)
    assert read.open == []
    assert {tag for tag, _ in read.tags} <= TAGS
    for tag, attributes in read.tags:
        assert not {"onerror", "onclick", "style", "action", "formaction"} & set(attributes)
        assert not str(attributes.get("src", "data:image/png")).startswith(("http", "//"))
        if tag == "a":
            assert re.match(r"https?://|#", str(attributes["href"]))
    assert "url(" not in text
    assert "@import" not in text


def test_the_policy_lets_its_own_style_in_and_nothing_else() -> None:
    text = html_of(records.cancelled())
    style = re.findall(r"<style>(.*)</style>", text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"


def test_a_chart_stands_inline_with_its_words_and_its_caption() -> None:
    read = Tags(html_of(with_chart(), {"chart:page": PNG}))
    (image,) = (attributes for tag, attributes in read.tags if tag == "img")
    assert image["src"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert image["alt"] == "Error share rises from 0.2 % to 9.1 % [at 12:05]."


def test_a_title_that_people_give_a_picture_is_its_caption() -> None:
    read = Tags(page('![alt](a.png "The *first* hour")\n', title="x", images={"a.png": PNG}))
    assert read.words.rstrip().endswith("The *first* hour")


def test_without_its_image_a_chart_is_its_words() -> None:
    read = Tags(html_of(with_chart()))
    assert "img" not in {tag for tag, _ in read.tags}
    assert "Error share rises from 0.2 % to 9.1 % [at 12:05]." in read.words


def test_a_picture_that_is_not_ours_is_never_asked_for() -> None:
    """People may write one into the Markdown; the page shows its words instead."""
    for source in (
        "https://evil.example/p.png",
        "data:image/svg+xml,x",
        "other.png",
        "javascript:x",
    ):
        read = Tags(page(f"![a picture]({source})\n", title="x", images={}))
        assert "img" not in {tag for tag, _ in read.tags}
        assert "a picture" in read.words


def test_what_people_wrote_in_the_markdown_stands_on_the_page() -> None:
    markdown = (
        f"# Title\n\n{mark('summary')}\n## Summary\n\n*Really* ~~bad~~ **good**, see `x` and\n"
        "[the ticket](https://tickets.example.com/1).\n\n> quoted\n\n1. one\n2. two\n"
    )
    read = Tags(page(markdown, title="x", images={}))
    tags = [tag for tag, _ in read.tags]
    assert {"em", "s", "strong", "code", "blockquote", "ol", "a"} <= set(tags)
    assert "Summary" in read.words


def test_html_and_scripts_in_the_markdown_are_words() -> None:
    markdown = (
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))\n"
    )
    text = page(markdown, title="</title><script>", images={})
    read = Tags(text)
    assert {"script", "img"} & {tag for tag, _ in read.tags} == set()
    assert "<script>alert(1)</script>" in read.words
    assert [a["href"] for tag, a in read.tags if tag == "a"] == ["#content"]


@given(TEXTS)
def test_whatever_is_written_the_page_keeps_its_tags(text: str) -> None:
    read = Tags(
        page(f"# {text}\n\n{text}\n\n| {text} |\n| --- |\n\n- {text}\n", title=text, images={})
    )
    assert read.open == []
    assert {tag for tag, _ in read.tags} <= TAGS


@pytest.mark.parametrize("name", records.RECORDS)
def test_headings_go_down_step_by_step_and_the_contents_lead_to_each_section(name: str) -> None:
    read = Tags(html_of(records.RECORDS[name]()))
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    links = [str(a["href"]) for tag, a in read.tags if tag == "a" and str(a["href"])[0] == "#"]
    ids = {f"#{a['id']}" for _, a in read.tags if "id" in a}
    assert set(links) == ids
