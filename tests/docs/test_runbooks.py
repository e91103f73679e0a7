"""docs/runbooks.md names every key of a runbook's file and every look-up, and no other."""

from __future__ import annotations

from typing import Any

from opsbot.catalog.runbook_schema import runbook_schema
from opsbot.core.runbook.arguments import MOST_CHARACTERS
from opsbot.core.runbook.surroundings import KNOWN
from tests.docs.pages import code, first_codes, page, section
from tests.docs.runbook_tables import SECTIONS

PAGE = page("docs/runbooks.md")
HEADINGS = {"file": "The file", "steps": "steps and rollback"}


def test_every_section_of_the_file_has_its_table_with_every_key() -> None:
    """As the schema has them, that editors complete by."""
    schema: Any = runbook_schema()
    by_title = {one["title"]: one for one in schema["$defs"].values()}
    for name, model in SECTIONS.items():
        held = schema if name == "file" else by_title[model.__name__]
        told = first_codes(section(PAGE, HEADINGS.get(name, name)))
        assert [key for key in held["properties"] if key not in told] == []
    assert {model.__name__ for model in SECTIONS.values()} == {*by_title, "RunbookFile"}


def test_every_look_up_is_explained() -> None:
    told = set(first_codes(section(PAGE, "Look-ups")))
    assert {f"${{{name}}}" for name in KNOWN} <= told
    assert {"${run.now}", "${run.target}", "${run.after.name}", "${steps.step.value}"} <= told


def test_the_bounds_on_the_page_are_those_of_the_code() -> None:
    """A number in prose is forgotten first."""
    assert f"more than {MOST_CHARACTERS:,} characters in all" in section(PAGE, "What is refused")
    assert "longest" in code(section(PAGE, "What is refused"))
