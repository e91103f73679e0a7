"""The marks of sections: what a merge by section relies on."""

from __future__ import annotations

import pytest
from hypothesis import given

from opsbot.core.postmortem_merge import section_named
from opsbot.documents import document_of
from opsbot.documents.sections import mark, sections_of, without_front_matter
from opsbot.documents.template import default_template
from tests.documents import records
from tests.documents.hostile import TEXTS
from tests.documents.pen import Pen

NAMES = (
    "", "summary", "impact", "what-happened", "contributing-factors", "detection", "response",
    "resolution", "timeline", "evidence-gaps", "runbook-runs", "what-went", "action-items",
    "responders", "measures", "record",
)  # fmt: skip


def document(pen: Pen) -> str:
    return document_of(pen.incident, pen.entries, default_template()).markdown


@pytest.mark.parametrize("name", records.RECORDS)
def test_every_document_has_every_section_once_and_in_order(name: str) -> None:
    found = [section.name for section in sections_of(document(records.RECORDS[name]()))]
    assert tuple(found) == NAMES


@pytest.mark.parametrize("name", records.RECORDS)
def test_a_merge_reads_the_same_sections(name: str) -> None:
    lines = document(records.RECORDS[name]()).splitlines()
    found = [name for line in lines if (name := section_named(line))]
    assert tuple(found) == NAMES[1:]


@given(TEXTS)
def test_no_text_can_open_a_section(text: str) -> None:
    """Wherever a person's words stand: in a title, a note, an action, what a run shows."""
    pen = Pen()
    pen.page(0, f"x {text}")
    pen.note(f"{text}\n{mark('summary')}\n{text}", 1)
    found = [section.name for section in sections_of(document(pen))]
    assert tuple(found) == NAMES


def test_sections_put_together_are_the_document() -> None:
    text = f"head\n{mark('a')}\none\n\n{mark('b')}\ntwo\n"
    head, *rest = sections_of(text)
    again = head.text + "".join(f"{mark(s.name)}\n{s.text}" for s in rest)
    assert again == text


def test_without_marks_all_is_head() -> None:
    (head,) = sections_of("# Title\n\n<!-- another comment -->\n")
    assert head.text.startswith("# Title")


def test_the_front_matter_is_left_out_and_a_rule_is_not_taken_for_one() -> None:
    assert without_front_matter("---\na: 1\n---\n# Title\n---\nend\n") == "# Title\n---\nend\n"
    assert without_front_matter("# Title\n---\n") == "# Title\n---\n"
