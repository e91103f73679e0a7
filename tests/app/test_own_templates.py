"""A team's templates as `opsbot check` and the drafter see them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from opsbot.app.own_templates import team_drafter, template_findings
from opsbot.catalog import executor_names, find_executor, find_integration, integration_names
from opsbot.config import Settings, parse
from opsbot.core.incident import new_incident
from opsbot.documents.template import default_template

SHORT = "# {{ title }}, in short\n"


def settings(folder: Path, text: str = "", **templates: str) -> Settings:
    """The settings of an opsbot.yaml in a folder with these templates."""
    (folder / "templates").mkdir()
    for name, content in templates.items():
        (folder / "templates" / f"{name}.md.j2").write_text(content, "utf-8")
    path = folder / "opsbot.yaml"
    return parse(text, path, {"SLACK_BOT_TOKEN": "xoxb-1"}, find_integration, integration_names(),
                 find_executor, executor_names())  # fmt: skip


def written(chosen: Settings) -> str:
    return team_drafter(chosen).write(new_incident("i"), (), {}, {}).document.markdown


def test_the_chosen_template_writes_the_documents(tmp_path: Path) -> None:
    chosen = settings(tmp_path, "postmortem: {template: short}", short=SHORT)
    assert template_findings(chosen) == []
    assert ", in short" in written(chosen)


def test_a_broken_one_is_said_by_check_and_gives_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot starts all the same."""
    chosen = settings(tmp_path, "postmortem: {template: short}", short="{% if %}")
    broken, missing = template_findings(chosen)
    assert (broken.key, missing.key) == ("templates/short.md.j2", "postmortem.template")
    assert "line 1" in broken.problem
    assert (missing.line, missing.fix) == (1, "Templates are postmortem")
    with caplog.at_level(logging.ERROR):
        drafter = team_drafter(chosen)
    assert drafter.template == default_template()
    assert "short" in caplog.text


def test_a_name_that_is_a_path_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="postmortem"):
        settings(tmp_path, "postmortem: {template: ../../etc/passwd}")
