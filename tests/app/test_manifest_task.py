"""`opsbot manifest`: without any settings, and with those that say otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from opsbot.slack.scopes import SCOPES
from tests.app.test_tasks import Run, run

__all__ = ["run"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No opsbot.yaml lies here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPSBOT_CONFIG", raising=False)


def _settings(folder: Path, text: str) -> str:
    file = folder / "settings.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_manifest_needs_no_settings_file(run: Run) -> None:
    """The app is made before there is one."""
    code, said = run("manifest")
    assert (code, yaml.safe_load(said)["settings"]["socket_mode_enabled"]) == (0, True)
    code, said = run("manifest", "--format", "json", "--http", "https://opsbot.example.com")
    assert (code, json.loads(said)["settings"]["socket_mode_enabled"]) == (0, False)


def test_the_commands_are_those_of_the_settings(run: Run, tmp_path: Path) -> None:
    config = _settings(tmp_path, "slack:\n  commands: [/ops, /fire]\n")
    made = yaml.safe_load(run("manifest", "--config", config)[1])
    names = [command["command"] for command in made["features"]["slash_commands"]]
    assert names == ["/ops", "/fire"]


def test_settings_that_say_http_want_the_address(run: Run, tmp_path: Path) -> None:
    config = _settings(tmp_path, "slack:\n  receive: http\n")
    code, said = run("manifest", "--config", config)
    assert (code, "--http https://opsbot.example.com" in said) == (2, True)


def test_an_address_without_tls_is_refused(run: Run) -> None:
    code, said = run("manifest", "--http", "http://opsbot.example.com")
    assert (code, "https addresses only" in said) == (2, True)


def test_a_settings_file_that_is_named_and_absent_is_said(run: Run, tmp_path: Path) -> None:
    code, said = run("manifest", "--config", str(tmp_path / "none.yaml"))
    assert (code, "there is no settings file" in said) == (2, True)


def test_the_reasons_can_be_read_as_a_table(run: Run) -> None:
    code, said = run("manifest", "--why")
    assert code == 0
    assert all(name in said for name in SCOPES)
    assert "without it" in said
