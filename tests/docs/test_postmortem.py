"""docs/postmortem.md says what the documents, the measures and the lint say."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from datetime import timedelta

from opsbot.core.measures import measures
from opsbot.core.points import PointName
from opsbot.core.postmortem import Postmortem
from opsbot.core.postmortem import lint as linting
from opsbot.core.postmortem.alert_rule import HOLDS, MANY_FAIL, NONE_YET
from opsbot.documents import document_of, render_markdown
from opsbot.documents.sections import sections_of
from opsbot.documents.template import Template, default_template
from tests.core.postmortem.drafted import drafted
from tests.docs.pages import code, fences, first_codes, page, rows, section
from tests.documents import records

TEXT = page("docs/postmortem.md")
_MINUTES = timedelta(minutes=1)


def test_the_sections_are_those_of_the_shipped_template() -> None:
    pen = records.rolled_back_and_verified()
    made = document_of(pen.incident, pen.entries, default_template())
    names = [one.name for one in sections_of(made.markdown) if one.name]
    assert first_codes(section(TEXT, "Sections")) == names


def test_every_measure_stands_there_with_its_definition() -> None:
    told = rows(section(TEXT, "Measures").partition("| point |")[0])
    known = {m.name: m.definition for m in measures(()).measures}
    assert {code(row[0])[0]: row[1] for row in told} == known


def test_every_point_is_defined() -> None:
    table = "| point |" + section(TEXT, "Measures").partition("| point |")[2]
    assert [row[0] for row in rows(table)] == [str(name) for name in PointName]


def test_every_code_of_the_lint_is_documented_and_every_documented_one_exists() -> None:
    known = set(re.findall(r'code="(\w+)"', inspect.getsource(linting)))
    assert set(first_codes(section(TEXT, "What the lint finds"))) == known


def test_the_bounds_are_those_of_the_code() -> None:
    told = {
        "more than 30 minutes, or a tenth of its length": linting.QUIET == _MINUTES * 30
        and linting.QUIET_PART == 10,
        "for two minutes": HOLDS == _MINUTES * 2,
        "from 5 % on": MANY_FAIL == 0.05,
    }
    assert [words for words, holds in told.items() if not holds or words not in TEXT] == []
    assert f"`{NONE_YET}`" in TEXT


def test_every_name_a_template_is_given_is_documented() -> None:
    told = rows(TEXT.partition("## Templates\n")[2].partition("### ")[0])
    named = {word for row in told for word in code(row[0])}
    given = {field.name for field in fields(Postmortem)} - {"incident_id"}
    assert named == given | {"fenced_rule"}


def test_the_template_of_the_page_works_as_it_stands() -> None:
    (text,) = [fence.text for fence in fences(TEXT) if fence.language == "text"]
    said = render_markdown(drafted(records.glass_broken()), Template(name="page", text=text))
    names = [one.name for one in sections_of(said)]
    assert names == ["", "summary", "measures", "our-own"]
    assert "- Time to detect: about 10 min (detected 12:08:12" in said
