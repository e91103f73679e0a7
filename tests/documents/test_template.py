"""Templates: a team's own works, a broken one says where, and none gets out of its sandbox."""

from __future__ import annotations

import hashlib
import json

import pytest

from opsbot.documents import document_of, render_json
from opsbot.documents.template import (
    Template,
    TemplateBroken,
    default_template,
    filled,
    is_template_name,
)
from tests.core.postmortem.drafted import drafted
from tests.documents import records

SECRET = "xoxb-canary"


def render(text: str) -> str:
    pen = records.rolled_back_and_verified()
    template = Template(name="mine", text=text)
    return document_of(pen.incident, pen.entries, template).markdown


def test_a_team_s_template_says_it_in_its_own_words() -> None:
    said = render(
        "# Review of {{ number }}\n<!-- opsbot:section lessons -->\n"
        "{% for one in went_badly %}\n- {{ one.text }}\n{% endfor %}\n"
        "{{ measures.rows[0].shown }}\n"
    )
    assert "# Review of 42\n<!-- opsbot:section lessons -->\n- No alert announced" in said
    assert said.endswith("10 min 12 s\n")


def test_whatever_the_template_its_name_and_version_stand_in_the_front_matter() -> None:
    template = Template(name="mine", text="{{ title }}\n")
    version = hashlib.sha256(b"{{ title }}\n").hexdigest()
    said = render(template.text)
    assert template.version == version
    assert f'template: "mine"\ntemplate_version: "{version}"\n' in said


def test_the_text_of_the_template_goes_with_the_json_so_that_it_can_be_rendered_as_it_was() -> None:
    pen = records.rolled_back_and_verified()
    then = document_of(pen.incident, pen.entries, Template(name="mine", text="{{ title }} then\n"))
    kept = json.loads(render_json(drafted(pen), Template(name="mine", text="{{ title }} then\n")))
    again = Template(name=kept["template"]["name"], text=kept["template"]["text"])
    assert document_of(pen.incident, pen.entries, again).markdown == then.markdown


ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ title.__class__ }}",
    "{{ number.__class__.__base__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ joiner }}",
    "{{ range(10) }}",
    "{{ dict(a=1) }}",
    "{{ config }}",
    "{{ request }}",
    "{{ ''|attr('__class__') }}",
    "{{ ['__class__']|map('attr', '__class__')|list }}",
    "{{ '{0.__class__}'.format(title) }}",
    "{{ '%s' % title }}",
    "{{ 'x' * 1000000000 }}",
    "{{ [0] * 1000000000 }}",
    "{{ 9 ** 999999999 }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ '%1000000000d'|format(1) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'postmortem.md.j2' %}",
    "{{ summary.append(1) }}",
    "{{ summary.clear() }}",
    "{% set x = measures.update({'rows': []}) %}",
    "{{ title|e }}",
    "{{ title|safe }}",
    "{{ title|tojson }}",
    "{% debug %}",
    "{% do summary.pop() %}",
    "{{ unknown_name }}",
    "{{ title.nothing }}",
)


@pytest.mark.parametrize("text", ESCAPES)
def test_no_template_gets_out_of_its_sandbox(text: str) -> None:
    """Nothing of Python, the environment, files or other templates; nothing that grows huge; no
    filter that would take an escape away. The sentence names the template."""
    with pytest.raises(TemplateBroken, match="the template 'mine'"):
        render(text)


def test_a_template_does_not_see_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    for text in ESCAPES:
        try:
            said = render(text)
        except TemplateBroken as broken:
            said = str(broken)
        assert SECRET not in said


def test_a_document_that_does_not_end_is_stopped() -> None:
    loops, ends = "{% for _ in timeline %}" * 5, "{% endfor %}" * 5
    text = f"{loops}0123456789{ends}"
    with pytest.raises(TemplateBroken, match="more than 2,000,000 characters"):
        render(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n{% if %}", 2), ("a\nb\n{{ nothing.at_all }}", 3), ("{% for x in y %}", 1)],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(TemplateBroken, match=f"line {line}:"):
        render(text)


def test_every_text_a_template_is_given_is_escaped_already() -> None:
    pen = records.redacted_and_withdrawn()
    said = document_of(pen.incident, pen.entries, Template(name="mine", text="{{ title }}\n"))
    assert said.markdown.endswith(
        "\\[click\\](javascript:alert(1)) &lt;img src=x onerror=alert(2)> @&#8203;everyone \\| "
        "\\`x\\` # 1\n"
    )


def test_changing_what_was_escaped_in_a_template_leaves_one_line() -> None:
    """A filter may spoil an escape, and even then no text becomes a section."""
    said = filled(
        Template(name="mine", text="{{ title|upper|replace('x', 'y') }}"),
        {"title": "&lt;!-- opsbot:section summary --&gt;"},
    )
    assert "<!--" not in said


def test_the_shipped_template_names_only_what_there_is() -> None:
    for record in records.RECORDS.values():
        pen = record()
        document_of(pen.incident, pen.entries, default_template())


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", ".hidden", "x" * 61, "a.b", "a b", "-x"])
def test_a_template_s_name_is_never_a_path(name: str) -> None:
    assert not is_template_name(name)


def test_a_template_s_name_is_letters_digits_hyphens_and_underscores() -> None:
    assert all(is_template_name(name) for name in ("postmortem", "review-2", "a_b"))
