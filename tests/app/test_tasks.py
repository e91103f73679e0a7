"""The command line on a store with one incident: show, verify, redact, rebuild, backup, restore."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from opsbot.__main__ import main
from opsbot.sandbox.stage import secrets
from tests.stories.theatre import theatre

Run = Callable[..., tuple[int, str]]
SAMPLES = Path(__file__).parents[1] / "integrations" / "samples"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with the sandbox's secrets; answer its exit code and everything it said."""
    for name, value in secrets().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str) -> tuple[int, str]:
        ending = ""
        try:
            code = main(words)
        except SystemExit as ended:  # a text is printed by Python itself, with exit code 1
            code = ended.code if isinstance(ended.code, int) else 1
            ending = "" if isinstance(ended.code, int) else str(ended.code)
        said = capsys.readouterr()
        return code, said.out + said.err + ending

    return command


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings file of a store that holds INC-1, complete."""
    folder = tmp_path_factory.mktemp("stored")

    async def play() -> Path:
        async with theatre(folder, "memory-limit") as stage:
            page = await stage.page()
            await stage.until_room()
            await stage.until_evidence(page)
            return stage.stage.config

    return asyncio.run(play())


def test_show_prints_card_and_timeline(run: Run, stored: Path):
    code, said = run("show", "INC-1", "--config", str(stored))
    assert code == 0
    assert "checkout-api" in said
    assert "fluentd on node-7 is down" in said
    code, said = run("show", "1", "--json", "--config", str(stored))
    assert json.loads(said)["incident"]["number"] == 1


def test_show_of_no_such_incident_says_so(run: Run, stored: Path):
    assert run("show", "77", "--config", str(stored)) == (
        1, "opsbot: there is no INC-77 on the record\n",
    )  # fmt: skip
    code, said = run("show", "seven", "--config", str(stored))
    assert code == 1
    assert "write 42 or INC-42" in said


def test_verify_passes_before_and_after_a_redaction(run: Run, stored: Path):
    code, said = run("verify", "--config", str(stored))
    assert (code, "all verify" in said) == (0, True)
    reason = ("--reason", "a customer's name", "--config", str(stored))
    assert run("redact", "1", "2", *reason)[0] == 0
    code, said = run("verify", "1", "--config", str(stored))
    assert code == 0
    assert "1 redacted" in said
    assert run("redact", "1", "9999", *reason)[0] == 1


def test_rebuild_finds_nothing_to_put_right(run: Run, stored: Path):
    code, said = run("rebuild", "--config", str(stored))
    assert code == 0
    assert "0 differences" in said


def test_backup_and_restore_bring_the_record_back(run: Run, stored: Path, tmp_path: Path):
    kept = tmp_path / "kept"
    assert run("backup", str(kept), "--config", str(stored))[0] == 0
    assert "not empty" in run("backup", str(kept), "--config", str(stored))[1]
    other = tmp_path / "other.yaml"
    text = stored.read_text("utf-8").replace(str(stored.parent / "data"), str(tmp_path / "data"))
    other.write_text(text, "utf-8")
    code, said = run("restore", str(kept), "--config", str(other))
    assert code == 0, said
    assert run("verify", "--config", str(other))[0] == 0
    assert "checkout-api" in run("show", "1", "--config", str(other))[1]


def test_migrate_has_nothing_to_do_and_inbox_is_empty(run: Run, stored: Path):
    assert run("migrate", "--config", str(stored)) == (0, "nothing to do\n")
    assert "no delivery is put aside" in run("inbox", "--config", str(stored))[1]


def test_check_says_what_could_be_better(run: Run, stored: Path):
    code, said = run("check", "--config", str(stored))
    assert code == 0, said
    assert "opsbot can serve with this file" in said


def test_replay_says_where_pages_would_go_and_why(run: Run, stored: Path):
    samples = sorted(str(p) for p in SAMPLES.glob("**/v3.*.json"))
    code, said = run("replay", *samples, "--config", str(stored))
    assert code == 0, said
    assert "no catalogue entry" in said
    code, said = run("replay", *samples, "--json", "--config", str(stored))
    told = json.loads(said)
    assert len(told) == len(samples)
    assert {row["decision"] for row in told} >= {"open", "append"}


def test_a_missing_settings_file_says_what_to_do(run: Run, tmp_path: Path):
    code, said = run("check", "--config", str(tmp_path / "none.yaml"))
    assert code == 2
    assert "Copy docs/opsbot.example.yaml" in said


def test_a_store_that_does_not_exist_yet_is_no_traceback(run: Run, stored: Path, tmp_path: Path):
    other = tmp_path / "other.yaml"
    text = stored.read_text("utf-8").replace(str(stored.parent / "data"), str(tmp_path / "data"))
    other.write_text(text, "utf-8")
    code, said = run("show", "1", "--config", str(other))
    assert code == 2
    assert "opsbot migrate" in said
