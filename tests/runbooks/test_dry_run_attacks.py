"""Hostile arguments on the command line: `opsbot runbook run --dry-run` reads, refuses and shows
them as Slack's form does, and what it prints moves no cursor."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
import yaml

from opsbot.__main__ import main
from tests.commands.test_run_values import HOSTILE

REFUSED = (
    "a\nb", "-rf", "--help", "a\0b", "../../etc/passwd", "a/../b", "..\\x", "\u202eabc",
    "a\u200bb", "x" * 201, "x" * 1_000_000, "\x1b[31mred", "\u2028", "\x7f", "\ud800",
)  # fmt: skip
BOOK = {
    "title": "Say it", "owner": "platform", "risk": "none", "guard": {"target": "nothing"},
    "parameters": {
        "what": {"kind": "string", "required": False},
        "pods": {"kind": "integer", "min": 1, "max": 50, "required": False},
    },
    "steps": [{"name": "say", "executor": "noop", "do": {"say": "${what}"}}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A team's folder with the one runbook."""
    (tmp_path / "opsbot.yaml").write_text("services: { checkout-api: {} }\n", "utf-8")
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "say-it.yaml").write_text(yaml.safe_dump(BOOK), "utf-8")
    return tmp_path


def dry_run(folder: Path, *words: str) -> int:
    """The exit code of a dry run with these words behind the runbook's name."""
    config = str(folder / "opsbot.yaml")
    return main(["runbook", "run", "--config", config, "--dry-run", "say-it", *words])


@pytest.mark.parametrize("behind", [True, False])
def test_arguments_may_stand_before_options_and_behind_them(folder: Path, behind: bool) -> None:
    """`run NAME --dry-run what=x` is what somebody types who adds an argument at last."""
    options, words = ["--config", str(folder / "opsbot.yaml"), "--dry-run"], ["what=x", "pods=3"]
    line = [*options, *words] if behind else [*words, *options]
    assert main(["runbook", "run", "say-it", *line]) == 0
    with pytest.raises(SystemExit):
        main(["runbook", "run", "say-it", *line, "--no-such-option"])


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_is_shown_as_it_is_or_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    code = dry_run(folder, "--json", f"what={said}")
    told = capsys.readouterr()
    if code == 0 and "what" in json.loads(told.out)["arguments"]:
        got = json.loads(told.out)["arguments"]["what"]
        assert got.isprintable()
        assert not got.startswith("-")
        assert ".." not in got.replace("\\", "/").split("/")
    else:
        assert code in (0, 1)


@pytest.mark.parametrize("said", REFUSED, ids=range(len(REFUSED)))
def test_what_could_mean_more_than_it_shows_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    """In words that are short, whatever was typed, and that a terminal only shows."""
    assert dry_run(folder, f"what={said}") == 1
    told = capsys.readouterr()
    shown = (told.out + told.err).replace("\n", " ")
    assert "What" in shown
    assert len(shown) < 2_000
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs")]


@pytest.mark.parametrize(("pods", "code"), [("0", 1), ("1", 0), ("50", 0), ("51", 1), ("-1", 1)])
def test_numbers_are_taken_up_to_their_bounds(folder: Path, pods: str, code: int) -> None:
    assert dry_run(folder, "what=x", f"pods={pods}") == code
