"""Long links become references of their section, and nothing else changes."""

from __future__ import annotations

from markdown_it import MarkdownIt

from opsbot.documents.references import with_references
from opsbot.documents.sections import mark

READER = MarkdownIt("commonmark").enable("table")
LONG = "https://prometheus.example.com/graph?g0.expr=" + "x" * 40
OTHER = LONG + "&y=1"


def test_a_long_link_becomes_a_reference_at_the_end_of_its_section() -> None:
    text = f"{mark('impact')}\n## Impact\n\nSlow ([evidence]({LONG})).\n\n{mark('end')}\nx\n"
    assert with_references(text) == (
        f"{mark('impact')}\n## Impact\n\nSlow ([evidence][impact-1]).\n\n"
        f"[impact-1]: {LONG}\n\n{mark('end')}\nx\n"
    )


def test_the_same_page_comes_of_it() -> None:
    text = (
        f"- a ([x]({LONG}))\n- b ([y]({OTHER}), [z]({LONG}))\n\n| a |\n| --- |\n| [t]({LONG}) |\n"
    )
    assert READER.render(with_references(text)) == READER.render(text)


def test_one_address_has_one_reference_and_each_section_its_own() -> None:
    part = f"[a]({LONG}) [b]({LONG}) [c]({OTHER})\n"
    found = with_references(f"{mark('one')}\n{part}{mark('two')}\n{part}")
    assert found.count(f": {LONG}\n") == 2
    assert "[a][one-1] [b][one-1] [c][one-2]" in found
    assert "[a][two-1]" in found


def test_short_links_and_code_stay_as_they_are() -> None:
    fence = f"````yaml\n```\nexpr: [x]({LONG})\n````"
    text = f"[a](https://example.com/1) and `[x]({LONG})` and ``a ` [x]({LONG})``\n\n{fence}\n"
    assert with_references(text) == text


def test_a_picture_keeps_its_path() -> None:
    text = f"![{'words ' * 30}](inc-1-{'x' * 80}/chart.png)\n"
    assert with_references(text) == text
