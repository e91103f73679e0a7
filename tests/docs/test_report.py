"""docs/report.schema.json is a schema, and says no more and no less than the report is made of."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from opsbot.core.entry import Severity, Status
from opsbot.core.evidence import EvidenceKind, Health
from opsbot.sandbox.report import Marks, build_report
from tests.docs.pages import DOCS

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


def test_a_report_without_evidence_follows_the_schema() -> None:
    marks = Marks(first_byte=1.0, acknowledged=1.01, evidence_complete=None)
    report = build_report(scenario="mine", shown=shown(), calls=[], marks=marks, verified=True)
    jsonschema.validate(report, SCHEMA)


def test_a_report_that_lacks_what_the_schema_asks_for_is_refused() -> None:
    marks = Marks(first_byte=1.0, acknowledged=1.01, evidence_complete=None)
    report = build_report(scenario="mine", shown=shown(), calls=[], marks=marks, verified=True)
    del report["timings_ms"]["card_posted"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_the_schema_knows_the_words_of_the_core() -> None:
    incident = SCHEMA["properties"]["incident"]["properties"]
    evidence = SCHEMA["properties"]["evidence"]["items"]["properties"]
    assert incident["severity"]["enum"] == list(Severity)
    assert incident["status"]["enum"] == list(Status)
    assert sorted(evidence["kind"]["enum"]) == sorted(EvidenceKind)
    assert sorted(evidence["health"]["enum"]) == sorted(Health)
