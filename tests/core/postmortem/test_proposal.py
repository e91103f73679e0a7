"""The alert that was missing: when one is proposed, what it says, and what the incident's own data
says of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from opsbot.core import entry as e
from opsbot.core.evidence import EvidenceKind, Finding, FindingKind
from opsbot.core.postmortem import AlertProposal
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.material import Background
from opsbot.core.series import Series, pack
from opsbot.core.service import Catalogue, Service
from opsbot.core.suspects import Confidence, Suspect
from opsbot.integrations.prometheus.queries import Queries
from tests.documents import records
from tests.documents.pen import MEMORY, SUSPECT, Pen, at, found

PROMTOOL = shutil.which("promtool")
CATALOGUE = Catalogue(services=(Service(name="session-validation", owner="identity"),))


def expressions(service: str) -> Mapping[str, str]:
    return Queries().written(label="service", names=[service])


def unknown(service: str) -> Mapping[str, str]:
    return {}


def background(**changes: object) -> Background:
    known: dict[str, object] = {"catalogue": CATALOGUE, "expressions": expressions}
    return Background(**known | changes)  # type: ignore[arg-type] # built from known fields


def proposed(pen: Pen, **changes: object) -> AlertProposal | None:
    return postmortem(pen.incident, pen.entries, background(**changes)).proposal


def kept(pen: Pen, *series: Series) -> dict[str, bytes]:
    """The pen's record with a picture that was drawn from these series, and its blob."""
    pen.write(
        e.Illustrated(slot="chart:page", blob="b10b", file_id="F", title="INC-42", alt="a chart"), 9
    )
    return {"b10b": b"\n".join(pack(one) for one in series)}


def memory(*points: tuple[float, float], service: str = "session-validation") -> Series:
    """MiB used at minutes after noon; the limit goes from 512 to 256 MiB at 11:58."""
    mib = 1024.0 * 1024.0
    return Series(
        service=service, name="memory", unit="bytes", limit=256 * mib,
        limits=((at(-30), 512 * mib), (at(-2), 256 * mib)),
        points=tuple((at(minute), used * mib) for minute, used in points),
    )  # fmt: skip


RISE = memory(*((m / 4, 250.0 if m >= -8 else 290.0) for m in range(-60, 33)))
"""Every 15 s from 11:45 to 12:08: 290 of 512 MiB until 11:58, then 250 of 256 MiB (98 %)."""


def test_the_rule_is_on_what_moved_first_with_severity_owner_and_runbook() -> None:
    proposal = proposed(records.rolled_back_and_verified())
    assert proposal is not None
    (rule,) = yaml.safe_load(proposal.rule.text)["groups"][0]["rules"]
    assert rule["alert"] == "SessionValidationMemoryNearLimit"
    assert rule["labels"] == {
        "severity": "critical", "owner": "identity", "runbook": "rollback-deploy",
    }  # fmt: skip
    assert rule["for"] == "2m"
    assert rule["expr"].startswith("(max by (service) (container_memory_working_set_bytes")
    assert rule["expr"].endswith(") > 0.9")


def test_the_back_test_says_how_much_earlier_it_would_have_paged() -> None:
    """98 % since 11:58:00 holds for two minutes at 12:00:00; the page came at 12:08:12."""
    pen = records.rolled_back_and_verified()
    proposal = proposed(pen, blobs=kept(pen, RISE))
    assert proposal is not None
    test = proposal.backtest
    assert (test.fires_at, test.earlier_s) == (at(0), 492.0)
    assert test.said == (
        "On the incident's own data it would have paged 8 minutes earlier, at 12:00."
        " In the 13 min of data before that it stayed silent."
    )


def test_a_short_peak_does_not_fire_and_the_time_begins_anew() -> None:
    """A minute above the bound at 11:50 is too short; it holds from 12:04 on, so it fires 12:06."""
    pen = records.rolled_back_and_verified()
    points = [(m / 4, 250.0 if m >= 16 else 100.0) for m in range(-60, 33)]
    peak = memory(*((m, 500.0 if -10 <= m < -9 else used) for m, used in points))
    proposal = proposed(pen, blobs=kept(pen, peak))
    assert proposal is not None
    assert proposal.backtest.fires_at == at(6)
    assert "2 minutes earlier" in proposal.backtest.said


def test_missing_samples_begin_the_time_anew() -> None:
    """It holds from 12:00 to 12:01 and, after a hole, from 12:05 on: fires at 12:07, not 12:02."""
    pen = records.rolled_back_and_verified()
    points = [(m / 4, 250.0) for m in (*range(0, 5), *range(20, 33))]
    before = [(m / 4, 100.0) for m in range(-60, 0)]
    proposal = proposed(pen, blobs=kept(pen, memory(*before, *points)))
    assert proposal is not None
    assert proposal.backtest.fires_at == at(7)


def test_a_rule_that_would_not_have_fired_is_said_to_be_no_help() -> None:
    pen = records.rolled_back_and_verified()
    calm = memory(*((m / 4, 100.0) for m in range(-60, 33)))
    proposal = proposed(pen, blobs=kept(pen, calm))
    assert proposal is not None
    assert proposal.backtest.earlier_s is None
    assert "it would not have fired" in proposal.backtest.said


def test_a_rule_that_fires_after_the_page_says_how_much_later() -> None:
    pen = records.rolled_back_and_verified()
    late = memory(*((m / 4, 250.0 if m >= 36 else 100.0) for m in range(-60, 60)))
    proposal = proposed(pen, blobs=kept(pen, late))
    assert proposal is not None
    assert proposal.backtest.earlier_s == -168.0  # 12:11:00 after 12:08:12
    assert "2 minutes later than it was detected" in proposal.backtest.said


def test_what_held_from_the_first_sample_may_have_fired_before() -> None:
    pen = records.rolled_back_and_verified()
    full = memory(*((m / 4, 250.0) for m in range(0, 33)))
    proposal = proposed(pen, blobs=kept(pen, full))
    assert proposal is not None
    assert "It held from the first sample that was kept" in proposal.backtest.said


def test_without_its_series_the_onset_of_the_finding_is_taken_and_said() -> None:
    proposal = proposed(records.rolled_back_and_verified())
    assert proposal is not None
    assert proposal.backtest.earlier_s == 492.0
    assert "the series itself was not kept" in proposal.backtest.said


def test_a_finding_without_a_number_is_not_back_tested() -> None:
    pen = records.rolled_back_and_verified()
    vague = found(FindingKind.SATURATION, "session-validation", -2, "memory is full", None)
    proposal = proposed(_with(pen, vague))
    assert proposal is not None
    assert proposal.backtest.earlier_s is None
    assert proposal.backtest.said.startswith("Not back-tested: ")


def test_blobs_that_cannot_be_read_are_as_good_as_none() -> None:
    pen = records.rolled_back_and_verified()
    kept(pen, RISE)
    proposal = proposed(pen, blobs={"b10b": b"\x00\xff{not json"})
    assert proposal is not None
    assert "the series itself was not kept" in proposal.backtest.said


def test_without_a_known_query_the_condition_is_said_and_no_rule_is_written() -> None:
    proposal = proposed(records.rolled_back_and_verified(), expressions=unknown)
    assert proposal is not None
    assert proposal.rule.text == ""
    assert proposal.condition == (
        "page when session-validation has memory above 90 % of its limit for 2 minutes"
    )


def test_an_owner_and_a_runbook_that_nobody_knows_are_said_to_be_missing() -> None:
    pen = records.rolled_back_and_verified()
    pen.entries = [x for x in pen.entries if not hasattr(x.body, "run_id")]
    proposal = proposed(pen, catalogue=Catalogue())
    assert proposal is not None
    assert proposal.missing == ("owner", "runbook")
    assert '"none-yet"' in proposal.rule.text


def test_nothing_is_proposed_when_the_likely_cause_paged_itself() -> None:
    pen = Pen()
    pen.page(8, service="session-validation")
    pen.report(9, "prometheus", EvidenceKind.METRICS, MEMORY)
    pen.rank(9, SUSPECT)
    assert proposed(pen) is None


def test_nothing_is_proposed_when_a_source_knows_of_an_alert_there() -> None:
    pen = records.rolled_back_and_verified()
    alert = found(FindingKind.ALERT, "session-validation", 3, "alert: memory high")
    pen.report(9, "pagerduty", EvidenceKind.CHANGES, alert)
    assert proposed(pen) is None


def test_nothing_is_proposed_without_a_clear_suspect() -> None:
    pen = Pen()
    pen.page(8)
    pen.report(9, "prometheus", EvidenceKind.METRICS, MEMORY)
    pen.rank(9, SUSPECT, verdict="no clear suspect: two are alike")
    assert proposed(pen) is None


def test_of_an_incident_that_a_person_declared_the_suspect_itself_had_no_alert() -> None:
    pen = Pen()
    pen.declare(8, "Logins fail", service="session-validation")
    pen.report(9, "prometheus", EvidenceKind.METRICS, MEMORY)
    pen.rank(9, SUSPECT)
    assert proposed(pen) is not None


BOUNDS = (
    found(FindingKind.SATURATION, "a", 0, "x", 0.99, 0.5),
    found(FindingKind.ERRORS, "a", 0, "x", 0.31, 0.002),
    found(FindingKind.ERRORS, "a", 0, "x", 0.04, 0.002),
    found(FindingKind.LATENCY, "a", 0, "x", 2.3, 0.065, unit="s"),
    found(FindingKind.TRAFFIC, "a", 0, "x", 2.0, 40.0, unit="per_s"),
    found(FindingKind.RESTARTS, "a", 0, "x", 4.0, 0.0, unit="count"),
)


def _with(pen: Pen, finding: Finding) -> Pen:
    """The record with this finding in place of all others."""
    pen.entries = [x for x in pen.entries if not isinstance(x.body, e.EvidenceCollected)]
    pen.report(8.4, "prometheus", EvidenceKind.METRICS, finding)
    suspect = Suspect(service=finding.service, score=0.7, confidence=Confidence.LIKELY)
    pen.rank(8.6, suspect)
    return pen


@pytest.mark.parametrize("finding", BOUNDS, ids=lambda f: f"{f.kind}-{f.value}")
def test_every_rule_holds_for_its_finding_and_not_for_the_usual(finding: Finding) -> None:
    """The bound lies between the usual value and the level that was seen."""
    proposal = proposed(_with(records.rolled_back_and_verified(), finding))
    assert proposal is not None
    assert proposal.backtest.earlier_s is not None
    (rule,) = yaml.safe_load(proposal.rule.text)["groups"][0]["rules"]
    sign, bound = rule["expr"].rsplit(" ", 2)[1:]
    assert sign == ("<" if finding.kind is FindingKind.TRAFFIC else ">")
    low, high = sorted((finding.before or 0.0, finding.value or 0.0))
    assert low <= float(bound) < high


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize("finding", BOUNDS, ids=lambda f: f"{f.kind}-{f.value}")
def test_prometheus_itself_takes_every_rule(finding: Finding, tmp_path: Path) -> None:
    proposal = proposed(_with(records.rolled_back_and_verified(), finding))
    assert proposal is not None
    assert_taken(proposal, tmp_path)


EVIL = '{{ .Labels }} "; drop: [x]\n  - alert: $(id) \u202e `y` \\ %s | {a="b"}'


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_takes_a_rule_about_a_service_with_a_hostile_name(tmp_path: Path) -> None:
    """Quotes, braces, templates and line ends of a foreign name stay within their text."""
    finding = found(FindingKind.SATURATION, EVIL, 0, "memory at 99 %", 0.99, 0.5)
    proposal = proposed(_with(records.rolled_back_and_verified(), finding))
    assert proposal is not None
    rules = assert_taken(proposal, tmp_path)
    assert len(rules) == 1


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_a_query_of_several_lines_stays_one_expression(tmp_path: Path) -> None:
    query = "sum by (service) (\n    # a comment\n  rate(x[2m])\n)\n or vector(0)"

    def asked(service: str) -> Mapping[str, str]:
        return {"memory": query}

    pen = records.rolled_back_and_verified()
    proposal = proposed(pen, expressions=asked)
    assert proposal is not None
    assert_taken(proposal, tmp_path)


def assert_taken(proposal: AlertProposal, folder: Path) -> list[object]:
    """Check the rule file with promtool; its rules."""
    assert PROMTOOL is not None
    file = folder / "rules.yaml"
    file.write_text(proposal.rule.text, "utf-8")
    checked = subprocess.run([PROMTOOL, "check", "rules", str(file)], capture_output=True,
                             check=False)  # fmt: skip
    assert checked.returncode == 0, checked.stderr.decode()
    return yaml.safe_load(proposal.rule.text)["groups"][0]["rules"]
