"""Templates of documents: opsbot's own, a team's, and what is put aside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsbot.catalog.templates import LONGEST, read_templates
from opsbot.documents.template import DEFAULT, default_template

GOOD = "# {{ title }}\n\n<!-- opsbot:section summary -->\n{{ number }}\n"


def shelf(folder: Path, **files: str | bytes) -> Path:
    """A team's folder with these templates."""
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.md.j2").write_bytes(data)
    return folder


def test_without_a_team_there_is_opsbots_own(tmp_path: Path) -> None:
    for folder in (None, tmp_path, tmp_path / "nothing"):
        templates = read_templates(folder)
        assert [one.name for one in templates.found] == [DEFAULT]
        assert templates.chosen("anything") == default_template()


def test_a_teams_template_is_chosen_by_name(tmp_path: Path) -> None:
    """Its version is that of its text."""
    templates = read_templates(shelf(tmp_path, short=GOOD))
    assert templates.aside == ()
    assert templates.chosen("short").text == GOOD
    assert templates.chosen("short").version != templates.chosen(DEFAULT).version


def test_a_team_may_replace_opsbots_own(tmp_path: Path) -> None:
    templates = read_templates(shelf(tmp_path, **{DEFAULT: GOOD}))
    assert [one.text for one in templates.found] == [GOOD]


BROKEN = {
    "no-end": "{% if x %}", "unknown": "{{ no_such_thing }}", "unsafe": "{{ title.__class__ }}",
    "not-text": b"\xff\xfe", "endless": "{{ 'x' * 1000 }}", "Upper": GOOD, "a b": GOOD,
    "huge": "x" * (LONGEST + 1), "reads-files": "{% include '/etc/passwd' %}",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_put_aside_with_the_reason(tmp_path: Path, name: str) -> None:
    """The others are used all the same."""
    templates = read_templates(shelf(tmp_path, good=GOOD, **{name: BROKEN[name]}))
    assert [one.name for one in templates.found] == [DEFAULT, "good"]
    ((path, why),) = templates.aside
    assert path.name == f"{name}.md.j2"
    assert why


def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "folder.md.j2").mkdir()
    (tmp_path / "gone.md.j2").symlink_to(tmp_path / "nothing")
    templates = read_templates(tmp_path)
    assert [path.name for path, _ in templates.aside] == ["folder.md.j2", "gone.md.j2"]


def test_a_pipe_or_a_device_is_put_aside_and_never_waited_for(tmp_path: Path) -> None:
    """A pipe has no end until somebody writes, and /dev/zero has none at all."""
    os.mkfifo(tmp_path / "pipe.md.j2")
    (tmp_path / "zero.md.j2").symlink_to("/dev/zero")
    templates = read_templates(tmp_path)
    assert [one.name for one in templates.found] == [DEFAULT]
    assert {why for _, why in templates.aside} == {"it is no ordinary file"}
    assert [path.name for path, _ in templates.aside] == ["pipe.md.j2", "zero.md.j2"]


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "templates").write_text("not a folder", "utf-8")
    ((path, why),) = read_templates(tmp_path / "templates").aside
    assert (path.name, "cannot be read" in why) == ("templates", True)


def test_line_ends_of_another_system_make_no_other_template(tmp_path: Path) -> None:
    (here := tmp_path / "unix").mkdir()
    (there := tmp_path / "dos").mkdir()
    shelf(here, short=GOOD)
    shelf(there, short=GOOD.replace("\n", "\r\n"))
    versions = {read_templates(folder).chosen("short").version for folder in (here, there)}
    assert len(versions) == 1
