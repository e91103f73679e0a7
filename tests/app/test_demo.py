"""`opsbot demo` as a newcomer runs it: a process of its own, no account, a report to the schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(260)  # people, a rollout, and a metric that has to fall


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of one whole run of the default scenario."""
    path = tmp_path_factory.mktemp("demo") / "out.json"
    done = subprocess.run(
        [sys.executable, "-m", "opsbot", "demo", "--once", "--report", str(path)],
        capture_output=True, text=True, timeout=240, check=False, cwd=path.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(path.read_text("utf-8"))


def test_the_report_follows_its_schema(report: dict[str, Any]):
    schema = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)


def test_slack_refused_nothing_and_the_record_verifies(report: dict[str, Any]):
    assert [call for call in report["slack_calls"] if not call["ok"]] == []
    assert report["record_verified"] is True


def test_the_room_tells_what_took_the_company_nine_hours(report: dict[str, Any]):
    card = report["card_text"]
    for words in ("checkout-api", "session-validation", "256 MiB", "Logs silent since", "fluentd"):
        assert words in card
    kinds = {f["kind"] for source in report["evidence"] for f in source["findings"]}
    assert {"errors", "saturation", "limit", "failing trace", "deploy"} <= kinds
    assert {s["kind"] for s in report["evidence"]} == {"metrics", "logs", "traces", "changes"}


def test_times_are_in_order_and_calls_have_their_phase(report: dict[str, Any]):
    timings = report["timings_ms"]
    assert 0 < timings["webhook_ack"] < timings["room_created"] < timings["card_posted"]
    assert timings["card_posted"] < 10_000
    phases = {call["phase"] for call in report["slack_calls"]}
    assert phases == {"boot", "room", "later"}
    assert all(c["at_ms"] < 0 for c in report["slack_calls"] if c["phase"] == "boot")


def test_a_second_person_approved_the_runbook_and_it_helped(report: dict[str, Any]):
    (run,) = report["runbook_runs"]
    assert (run["runbook"], run["outcome"]) == ("rollback-deploy", "succeeded")
    assert run["arguments"] == {"service": "session-validation"}
    assert run["decision"]["ruling"] == "needs approval"
    (approval,) = run["approvals"]
    assert approval["by"] != run["requested_by"]
    assert "on call for session-validation" in approval["standing"]
    assert [step["outcome"] for step in run["steps"]] == ["succeeded"]


def test_the_postmortem_lies_in_a_folder_with_its_charts(report: dict[str, Any]):
    paths = [Path(path) for path in report["postmortem"]["paths"]]
    assert {path.suffix for path in paths} >= {".md", ".json", ".html", ".png"}
    assert all(path.is_file() for path in paths)
    assert isinstance(report["postmortem"]["lint"], list | dict)


def test_measures_have_their_formulas_and_suspects_their_entries(report: dict[str, Any]):
    measures = report["measures"]
    assert measures["time_to_mitigate"]["value_s"] > 0
    assert "minus" in measures["time_to_mitigate"]["formula"]
    first = report["suspects"][0]
    assert first["service"] == "session-validation"
    assert set(first["because"]) <= {line["entry"] for line in report["timeline"]}
