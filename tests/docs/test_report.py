"""docs/report.schema.json is a schema, and says no more and no less than the report is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opsbot.core.entry import Severity, Status
from opsbot.core.evidence import EvidenceKind, Health
from opsbot.core.measures import measures
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import Phase, RunOutcome, StepOutcome
from opsbot.core.suspects import Confidence
from opsbot.sandbox.report import Marks, build_report
from opsbot.sandbox.report_story import story_of
from tests.docs.pages import DOCS
from tests.documents.records import RECORDS

SCHEMA: dict[str, Any] = json.loads((DOCS / "report.schema.json").read_text("utf-8"))


def test_the_schema_of_the_report_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def shown() -> dict[str, Any]:
    """What `opsbot show --json` gives for an incident of which nothing came."""
    return {
        "incident": {
            "key": "inc-1", "number": 1, "title": "checkout-api: errors", "severity": "SEV2",
            "status": "triage", "closure": None, "room": {"channel_id": "C1", "name": "inc-1"},
            "responders": [], "not_here": [],
        },
        "timeline": [], "evidence": [], "card_text": "INC-1",
    }  # fmt: skip


def report_of(record: str, folder: Path, linted: str = "[]") -> dict[str, Any]:
    """A report as the demo writes it, of a record that was written by hand."""
    marks = Marks(first_byte=1.0, acknowledged=1.01, evidence_complete=None)
    report = build_report(scenario="mine", shown=shown(), calls=[], marks=marks, verified=True)
    pen = RECORDS[record]()
    story = story_of(pen.incident, pen.entries, folder, linted)
    for run in story["runbook_runs"]:
        run["version"] = run["hash"] = "0" * 64  # nobody hashes by hand
    return {**report, **story}


@pytest.mark.parametrize("record", RECORDS)
def test_a_report_follows_the_schema(record: str, tmp_path: Path) -> None:
    (tmp_path / "inc-42.md").write_text("# INC-42", "utf-8")
    linted = '[{"code": "detection_missing", "text": "The record does not say", "entries": [3]}]'
    report = report_of(record, tmp_path, linted)
    jsonschema.validate(report, SCHEMA)
    assert report["postmortem"]["paths"] == [str(tmp_path / "inc-42.md")]


def test_a_lint_that_said_nothing_is_null(tmp_path: Path) -> None:
    report = report_of("cancelled", tmp_path, linted="")
    jsonschema.validate(report, SCHEMA)
    assert report["postmortem"] == {"paths": [], "lint": None}


@pytest.mark.parametrize(
    "path",
    [("timings_ms", "card_posted"), ("runbook_runs", 0, "outcome"), ("measures", "time_to_detect"),
     ("suspects", 0, "because"), ("postmortem", "lint")],
)  # fmt: skip
def test_a_report_that_lacks_what_the_schema_asks_for_is_refused(
    path: tuple[str | int, ...], tmp_path: Path
) -> None:
    held: Any = report_of("rolled-back-and-verified", tmp_path)
    report = held
    for key in path[:-1]:
        held = held[key]
    del held[path[-1]]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_the_schema_knows_the_words_of_the_core() -> None:
    incident = SCHEMA["properties"]["incident"]["properties"]
    evidence = SCHEMA["properties"]["evidence"]["items"]["properties"]
    assert incident["severity"]["enum"] == list(Severity)
    assert incident["status"]["enum"] == list(Status)
    assert sorted(evidence["kind"]["enum"]) == sorted(EvidenceKind)
    assert sorted(evidence["health"]["enum"]) == sorted(Health)


def test_the_schema_knows_the_words_of_runs_and_every_measure() -> None:
    properties = SCHEMA["properties"]
    run = properties["runbook_runs"]["items"]["properties"]
    step = run["steps"]["items"]["properties"]
    assert run["decision"]["properties"]["ruling"]["enum"] == list(Ruling)
    assert run["outcome"]["enum"] == [*RunOutcome, None]
    assert step["outcome"]["enum"] == [*StepOutcome, None]
    assert step["phase"]["enum"] == list(Phase)
    suspect = properties["suspects"]["items"]["properties"]
    assert suspect["confidence"]["enum"] == list(Confidence)
    assert list(properties["measures"]["properties"]) == [one.name for one in measures(()).measures]
