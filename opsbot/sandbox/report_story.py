"""The demo's report of the other two stories: what was run, what was learnt, who was suspected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.measures import measures
from opsbot.core.run import Run, StepState
from opsbot.core.suspects import Suspect


def runbook_runs(incident: Incident) -> list[dict[str, Any]]:
    """Every run, from its arguments and decision to its outcome, in the order it was asked for."""
    return [_run(run) for run in sorted(incident.runs.values(), key=lambda run: run.seq)]


def _run(run: Run) -> dict[str, Any]:
    verdict = run.verdict
    return {
        "runbook": run.plan.runbook,
        "version": run.plan.version,
        "hash": run.plan.digest,
        "arguments": dict(run.plan.arguments),
        "decision": {
            "ruling": verdict.ruling.value, "rule": verdict.rule, "reason": verdict.reason,
            "approvals": verdict.approvals,
        },
        "requested_by": run.requester.name,
        "approvals": [
            {"by": one.by.name, "standing": one.standing, "at": one.at.isoformat()}
            for one in run.approvals
        ],
        "steps": [
            *(_step(state, "steps") for state in run.steps),
            *(_step(state, "rollback") for state in run.rollback),
        ],
        "verification": run.check.said if run.check else "",
        "outcome": run.outcome.value if run.outcome else None,
        "said": run.said,
    }  # fmt: skip


def _step(state: StepState, phase: str) -> dict[str, Any]:
    return {
        "name": state.name, "phase": phase, "said": state.said, "lines": state.lines,
        "outcome": state.outcome.value if state.outcome else None, "took_s": state.took_s,
    }  # fmt: skip


def measured(entries: Sequence[Entry]) -> dict[str, Any]:
    """Each measure by name: seconds, or null with the reason, and the formula with its times."""
    return {
        one.name: {
            "value_s": one.value.total_seconds() if one.value is not None else None,
            "formula": one.formula, "why_not": one.why_not,
        }
        for one in measures(entries).measures
    }  # fmt: skip


def suspected(incident: Incident, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Each suspect with the entries of the record that point at it."""
    ranking = incident.ranking
    if ranking is None:
        return []
    found = _entries_of_findings(entries)
    return [
        {"service": one.service, "confidence": one.confidence.value,
         "because": _because(one, found)}
        for one in ranking.suspects
    ]  # fmt: skip


def _entries_of_findings(entries: Sequence[Entry]) -> dict[str, int]:
    """Which entry brought a finding, by the finding's fold key; and by its source."""
    found: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry.body, e.EvidenceCollected):
            found.setdefault(f"source:{entry.body.report.source}", entry.seq)
            for finding in entry.body.report.findings:
                found.setdefault(finding.fold_key, entry.seq)
    return found


def _because(suspect: Suspect, found: dict[str, int]) -> list[int]:
    numbers = {
        found.get(reason.finding) or found.get(f"source:{reason.source}")
        for reason in suspect.reasons
    }
    return sorted(number for number in numbers if number)


def published(folder: Path, incident: Incident) -> list[Path]:
    """The documents of the incident's postmortem in the publisher's folder, the HTML first."""
    held = incident.living.publications.get("folder")
    if held is None or not held.ref:
        return []
    found = (path for path in folder.glob(f"{held.ref}.*") if path.is_file())
    return sorted(found, key=lambda path: (path.suffix != ".html", path.suffix))


def story_of(
    incident: Incident, entries: Sequence[Entry], folder: Path, linted: str
) -> dict[str, Any]:
    """All of it, as the report adds it. `linted` is what `opsbot postmortem lint --json` said."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    paths = sorted(path for path in found if not any(p.startswith(".") for p in path.parts))
    try:
        lint = json.loads(linted)
    except ValueError:
        lint = None
    return {
        "runbook_runs": runbook_runs(incident),
        "postmortem": {"paths": [str(folder / path) for path in paths], "lint": lint},
        "measures": measured(entries),
        "suspects": suspected(incident, entries),
    }
