"""`opsbot audit`: every run with its decision, approvals and outcome, from records that verify."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sys
from argparse import Namespace
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import Unusable, open_record
from opsbot.app.tasks.show import incident_number
from opsbot.config import Settings
from opsbot.core.audit import Audit, AuditLine, audit_lines, in_order, waited
from opsbot.core.moment import EARLIEST, lasting, shifted
from opsbot.core.quantity import percent
from opsbot.core.text import inert
from opsbot.store.record import SqlRecord
from opsbot.store.verify import VerifyReport, verify

COLUMNS = (
    "incident", "run", "runbook", "version", "hash", "title", "risk", "service", "arguments",
    "asked_by", "asked_at", "ruling", "rule", "reason", "approved_by", "waited_s", "break_glass",
    "started_at", "finished_at", "outcome", "said", "judged", "entries",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are full-width
_PRIVATE = "(private)"
_LONGEST_AGO = 36_500  # days
_LONGEST = 400  # characters of anybody's words on a terminal


def run(arguments: Namespace) -> int:
    """Print or write the audit. Answers 1 when one of its records does not verify."""
    settings, clock = read_settings(arguments), SystemClock()
    number = incident_number(arguments.incident) if arguments.incident else None
    since = _days_before(clock.now(), arguments.days)
    audit, report = asyncio.run(_read(settings, number, since))
    if number is None:
        audit = in_order(map(_discreet, audit.lines))
    text = _written(audit, report, arguments.format)
    if arguments.out:
        _write(Path(arguments.out), text)
    else:
        sys.stdout.write(text)
    if not report.ok and arguments.format == "csv":  # which has no place to say so
        sys.stderr.write("opsbot: NOT every record verifies; see opsbot audit\n")
    return 0 if report.ok else 1


def _days_before(now: datetime, days: int | None) -> datetime | None:
    if days is None:
        return None
    if days < 1:
        raise Unusable("--days counts back from now: write 1 or more, or leave it out")
    return shifted(now, -timedelta(days=min(days, _LONGEST_AGO)))


def _write(path: Path, text: str) -> None:
    """For its owner alone: people's names and words stand in it."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
            os.fchmod(file.fileno(), 0o600)
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror or error}") from None


def _discreet(line: AuditLine) -> AuditLine:
    """The line without words where its incident is private: whoever asks for that incident by its
    number reads them, and whoever hands on the audit of all of them does not spread them."""
    if not line.private:
        return line
    run = line.run
    verdict = replace(run.verdict, reason=_PRIVATE)
    plan = replace(run.plan, arguments={})
    return replace(
        line,
        run=replace(
            run, title=_PRIVATE, plan=plan, verdict=verdict, said=_PRIVATE if run.said else "",
            break_glass=_PRIVATE if run.break_glass else "",
        ),
    )  # fmt: skip


async def _read(
    settings: Settings, number: int | None, since: datetime | None
) -> tuple[Audit, VerifyReport]:
    async with open_record(settings, SystemClock()) as record:
        ids = await _ids(record, number, since)
        lines: list[AuditLine] = []
        for incident_id in ids:  # one record at a time: all of them may be more than memory holds
            lines += audit_lines(await record.entries(incident_id), since)
        return in_order(lines), await verify(record, ids)


async def _ids(record: SqlRecord, number: int | None, since: datetime | None) -> list[str]:
    if number is not None:
        found = await record.by_number(number)
        if found is None:
            raise SystemExit(f"opsbot: there is no INC-{number} on the record")
        return [found]
    return sorted({past.incident_id for past in await record.runs(since or EARLIEST)})


def _written(audit: Audit, report: VerifyReport, form: str) -> str:
    if form == "json":
        return json.dumps(_data(audit, report), indent=2) + "\n"
    if form == "csv":
        return _csv(audit)
    return _text(audit, report)


def row(line: AuditLine) -> dict[str, Any]:
    """One run as plain values, under the names of `COLUMNS`."""
    run, wait = line.run, waited(line.run)
    return {
        "incident": f"INC-{line.incident}", "run": run.run_id, "runbook": run.plan.runbook,
        "version": run.plan.version, "hash": run.plan.digest, "title": run.title,
        "risk": run.risk.value, "service": run.plan.service, "arguments": run.plan.arguments,
        "asked_by": run.requester.name or run.requester.id,
        "asked_at": run.requested_at.isoformat(), "ruling": run.verdict.ruling.value,
        "rule": run.verdict.rule, "reason": run.verdict.reason,
        "approved_by": list(line.approved_by),
        "waited_s": wait.total_seconds() if wait is not None else None,
        "break_glass": run.break_glass,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "outcome": run.outcome.value if run.outcome else None, "said": run.said,
        "judged": run.judged, "entries": list(line.entries),
    }  # fmt: skip


def _data(audit: Audit, report: VerifyReport) -> dict[str, Any]:
    return {
        "runs": [row(line) for line in audit.lines],
        "began": audit.began, "broken_glass": audit.broken_glass,
        "broken_glass_rate": audit.broken_glass_rate,
        "verified": report.ok,
        "heads": {checked.incident_id: checked.head for checked in report.incidents},
        "problems": [p for checked in report.incidents for p in checked.problems],
    }  # fmt: skip


def _csv(audit: Audit) -> str:
    """For spreadsheets: a text that begins like a formula is led by an apostrophe, which they
    show as text (OWASP, "CSV Injection")."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for line in audit.lines:
        found = row(line)
        table.writerow([_cell(found[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in _FORMULA else text


def _text(audit: Audit, report: VerifyReport) -> str:
    out = io.StringIO()
    console = Console(file=out, highlight=False, width=110, no_color=not sys.stdout.isatty())
    for line in audit.lines:
        _say(console, line)
    rate = audit.broken_glass_rate
    glass = f", {audit.broken_glass} by breaking the glass ({percent(rate)})" if rate else ""
    console.print(f"{len(audit.lines)} runs asked for, {audit.began} began{glass}")
    bad = [checked for checked in report.incidents if not checked.ok]
    for checked in bad:
        for problem in checked.problems:
            console.print(f"BAD  {problem}", style="red", markup=False)
    verdict = "every record verifies" if report.ok else "NOT every record verifies"
    console.print(f"{len(report.incidents)} records checked: {verdict}")
    return out.getvalue()


def _say(console: Console, line: AuditLine) -> None:
    run, rule = line.run, line.run.verdict.rule
    state = run.outcome.value.replace("_", " ") if run.outcome else "not over"
    head = f"{run.requested_at:%Y-%m-%d %H:%M:%S}  INC-{line.incident}  {_words(run.plan.runbook)}"
    console.print(f"{head} {_words(run.plan.service)}: {state}", style="bold", markup=False)
    asked = f"asked for by {_words(run.requester.name or run.requester.id)}"
    why = _words(run.verdict.reason)
    console.print(f"    {asked}; {run.verdict.ruling} by “{_words(rule)}”: {why}", markup=False)
    wait = waited(run)
    after = f" after {lasting(wait)}" if wait is not None else ""
    for one in line.approved_by:
        console.print(f"    approved by {_words(one)}{after}", markup=False)
    if run.break_glass:
        console.print(f"    GLASS BROKEN: {_words(run.break_glass)}", style="red", markup=False)
    if run.said:
        console.print(f"    {_words(run.said)}", markup=False)
    console.print(f"    hash {run.plan.digest[:16]}, entries {_numbers(line.entries)}",
                  style="dim", markup=False)  # fmt: skip


def _words(text: str) -> str:
    """Somebody's words, which move no cursor and hide nothing."""
    return inert(text, _LONGEST)


def _numbers(entries: tuple[int, ...]) -> str:
    return ", ".join(f"#{seq}" for seq in entries[:24]) or "none"
