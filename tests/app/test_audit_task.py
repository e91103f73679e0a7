"""`opsbot audit`: what it prints as text, JSON and CSV, and that it says so when a record does not
verify."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from opsbot.__main__ import main
from opsbot.app.clock import SystemClock
from opsbot.app.store import open_store
from opsbot.app.tasks.audit import COLUMNS
from opsbot.catalog import find_integration, integration_names
from opsbot.config import load
from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import RunOutcome
from tests.documents.pen import KIM, NOON, PLAN, ROBIN, Pen

Run = Callable[..., tuple[int, str]]
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
            "＝1+1", "＋1", "－1", "＠x")  # fmt: skip
NASTY = 'evil\x1b[31m \x1b]0;title\x07 \u202e [bold]x[/bold] "quoted", a,b'


def pen() -> Pen:
    """INC-42: one run that helped, one by broken glass, one that a rule denied."""
    told = Pen()
    told.page(0)
    told.request(1)
    told.approve(2)
    told.write(e.RunStarted(run_id="r1"), 3)
    told.step(3)
    told.finish(4, RunOutcome.SUCCEEDED, "error share back to 0.2 %")
    told.request(5, "r2", ruling=Ruling.ALLOWED, break_glass="logins are down everywhere", by=KIM)
    told.write(e.RunStarted(run_id="r2"), 6)
    told.finish(7, RunOutcome.UNKNOWN, "nobody knows", "r2")
    told.request(8, "r3", ruling=Ruling.DENIED)
    return told


def hostile(words: str) -> Pen:
    """INC-43: a run whose every word is this."""
    told = Pen(number=43)
    told.page(0)
    asked = told.request(1, by=replace(ROBIN, name=words), break_glass=words)
    entry = told.entries[asked - 1]
    assert isinstance(entry.body, e.RunRequested)
    verdict = replace(entry.body.verdict, rule=words, reason=words, approvals=0)
    plan = replace(PLAN, arguments={"why": words}, service=words)
    body = replace(entry.body, title=words, plan=plan, verdict=verdict)
    told.entries[asked - 1] = replace(entry, body=body)
    told.finish(2, RunOutcome.FAILED, words)
    return told


async def _write(file: Path, pens: list[Pen]) -> None:
    """The records as if everything had happened within the last hour."""
    settings = load(file, {}, find_integration, integration_names())
    clock = SystemClock()
    shift = clock.now() - NOON - timedelta(hours=1)
    store = await open_store(settings, clock)
    try:
        for one in pens:
            drafts = [
                Draft(key=x.key, occurred_at=x.occurred_at + shift, actor=x.actor, source=x.source,
                      body=x.body)
                for x in one.entries
            ]  # fmt: skip
            await store.record.append(one.incident.id, drafts)
    finally:
        await store.close()


@pytest.fixture
def audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Write records and run `opsbot audit`; its exit code and what it printed."""
    file = tmp_path / "opsbot.yaml"
    settings = {"data_dir": str(tmp_path / "data"), "ephemeral_disk": "allow"}
    file.write_text(yaml.safe_dump(settings), "utf-8")

    def command(*words: str, pens: tuple[Pen, ...] = ()) -> tuple[int, str]:
        if pens:
            asyncio.run(_write(file, list(pens)))
        code = main(("audit", *words, "--config", str(file)))
        return code, capsys.readouterr().out

    return command


def test_the_text_says_who_asked_which_rule_who_approved_and_how_it_ended(audit: Run) -> None:
    code, said = audit(pens=(pen(),))
    assert code == 0
    for words in (
        "INC-42  rollback-deploy session-validation: succeeded", "asked for by Robin Sample",
        "by “production”: it changes production", "GLASS BROKEN: logins are down everywhere",
        "session-validation: unknown", "3 runs asked for, 2 began",
        "1 by breaking the glass (50 %)", "1 records checked: every record verifies",
    ):  # fmt: skip
        assert words in said


def test_the_json_holds_every_column_the_heads_and_the_rate(audit: Run) -> None:
    code, said = audit("--format", "json", pens=(pen(),))
    found = json.loads(said)
    assert code == 0
    assert [set(run) for run in found["runs"]] == [set(COLUMNS)] * 3
    assert (found["began"], found["broken_glass"], found["broken_glass_rate"]) == (2, 1, 0.5)
    assert found["verified"] is True
    assert len(found["heads"]["inc-42"]) == 64
    assert [run["outcome"] for run in found["runs"]] == ["succeeded", "unknown", "denied"]


@pytest.mark.parametrize("words", FORMULAS, ids=range(len(FORMULAS)))
def test_no_cell_of_the_csv_begins_like_a_formula(audit: Run, words: str) -> None:
    """OWASP, "CSV Injection": what a spreadsheet would calculate is led by an apostrophe."""
    _, said = audit("--format", "csv", pens=(hostile(words),))
    rows = list(csv.reader(io.StringIO(said)))
    assert rows[0] == list(COLUMNS)
    (row,) = rows[1:]
    assert [cell for cell in row if cell[:1] in set("=+-@\t\r\n＝＋－＠")] == []
    assert row[COLUMNS.index("title")].lstrip("'") == words


def test_the_csv_is_one_row_a_run_whatever_stands_in_it(audit: Run) -> None:
    _, said = audit("--format", "csv", pens=(pen(), hostile('a,"b"\nc;d')))
    rows = list(csv.reader(io.StringIO(said)))
    assert [len(row) for row in rows] == [len(COLUMNS)] * 5


def test_the_text_moves_no_cursor_and_hides_nothing(audit: Run) -> None:
    """It is read on a terminal, by whoever looks what went wrong."""
    _, said = audit(pens=(hostile(NASTY),))
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "\u202e" not in said
    assert "evil" in said


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_record_that_was_changed_is_told_and_answered_with_1(
    audit: Run, form: str, tmp_path: Path
) -> None:
    audit(pens=(pen(),))
    with sqlite3.connect(tmp_path / "data" / "record.db") as database:
        changed = database.execute(
            "UPDATE bodies SET data = replace(data, 'it changes production', 'it was fine')"
        )
        assert changed.rowcount
    database.close()
    code, said = audit("--format", form)
    assert code == 1
    if form == "text":
        assert "NOT every record verifies" in said
    elif form == "json":
        assert json.loads(said)["verified"] is False
        assert json.loads(said)["problems"]


def test_one_incident_alone_and_a_file_instead(audit: Run, tmp_path: Path) -> None:
    told = tmp_path / "audit.json"
    code, said = audit("INC-42", "--format", "json", "--out", str(told), pens=(pen(), hostile("x")))
    assert (code, said) == (0, "")
    runs = json.loads(told.read_text("utf-8"))["runs"]
    assert {run["incident"] for run in runs} == {"INC-42"}


def test_an_incident_that_there_is_not_is_said(audit: Run) -> None:
    with pytest.raises(SystemExit, match="there is no INC-99"):
        audit("99", pens=(pen(),))


def test_runs_of_long_ago_are_left_out_by_days(audit: Run) -> None:
    audit(pens=(pen(),))
    recent = json.loads(audit("--days", "1", "--format", "json")[1])
    assert len(recent["runs"]) == 3
    long_ago = Pen(number=44)
    long_ago.page(-3 * 24 * 60)
    long_ago.request(-3 * 24 * 60 + 1, "r9")
    long_ago.finish(-3 * 24 * 60 + 16, RunOutcome.EXPIRED, "nobody", "r9")
    every = json.loads(audit("--format", "json", pens=(long_ago,))[1])
    assert len(every["runs"]) == 4
    assert len(json.loads(audit("--days", "1", "--format", "json")[1])["runs"]) == 3


def private() -> Pen:
    """INC-45: private, with a run by broken glass."""
    told = Pen(number=45)
    told.page(0, visibility=e.Visibility.PRIVATE)
    told.request(5, "r2", ruling=Ruling.ALLOWED, break_glass="Quux is being sold", by=KIM)
    told.write(e.RunStarted(run_id="r2"), 6)
    told.finish(7, RunOutcome.FAILED, "Quux did not start", "r2")
    return told


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_the_words_of_a_private_incident_are_told_to_who_asks_for_it(audit: Run, form: str) -> None:
    """An audit of everything is handed on; that it ran, by whom, and how it ended stays in it."""
    _, every = audit("--format", form, pens=(pen(), private()))
    assert ("Quux" in every, "INC-45" in every, "Kim Example" in every) == (False, True, True)
    assert "(private)" in every
    assert "logins are down everywhere" in every
    assert "Quux is being sold" in audit("45", "--format", form)[1]


def test_the_file_is_for_its_owner_alone(audit: Run, tmp_path: Path) -> None:
    told = tmp_path / "audit.csv"
    told.write_text("older and longer than what is written now" * 99, "utf-8")
    audit("--format", "csv", "--out", str(told), pens=(pen(),))
    assert told.stat().st_mode & 0o777 == 0o600
    assert "older" not in told.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "/nowhere/audit.csv"), "/nowhere/audit.csv cannot be written: No such file"),
        (("--days", "0"), "--days counts back from now"),
        (("--days", "-3"), "--days counts back from now"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    audit: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
    told: str,
) -> None:  # fmt: skip
    audit(pens=(pen(),))
    assert main(("audit", *words, "--config", str(tmp_path / "opsbot.yaml"))) == 2
    assert told in capsys.readouterr().err


def test_more_days_than_there_were_are_all_of_them(audit: Run) -> None:
    _, said = audit("--days", "999999999999", "--format", "json", pens=(pen(),))
    assert len(json.loads(said)["runs"]) == 3
