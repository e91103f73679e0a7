"""What a chart marks of the end: runs that changed something, the mitigation, the resolution."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import pytest

from opsbot.core.ending_marks import MOST_RUNS, ending_marks, has_recovered
from opsbot.core.entry import Closure, Status
from opsbot.core.incident import Incident
from opsbot.core.living import NOTHING_LIVED, Mark
from opsbot.core.people import OPSBOT
from opsbot.core.picture import MarkKind
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Risk
from opsbot.core.runbook.rendered import RenderedRun
from tests.drawing.samples import WINDOW, at

OVER = Incident(id="i-1", status=Status.RESOLVED, closure=Closure.FIXED, over_at=at(28))


def run(minute: float | None, name: str = "restart", **changes: object) -> Run:
    plan = RenderedRun(runbook=name, version="v", arguments={}, target="t", service="shop",
                       steps=(), cooldown_s=0.0, digest=f"{name}{minute}")  # fmt: skip
    started = None if minute is None else at(minute)
    base = Run(
        run_id=f"{name}{minute}", seq=1, title=name, risk=Risk.MEDIUM, plan=plan, preview=(),
        warnings=(), verdict=Verdict(ruling=Ruling.ALLOWED, rule="r", reason="r"),
        requester=OPSBOT, requested_at=at(0), started_at=started, outcome=RunOutcome.SUCCEEDED,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type] # built from known fields


def marked(given: Incident) -> list[tuple[MarkKind, str, datetime]]:
    return [(mark.kind, mark.label, mark.at) for mark in ending_marks(given, WINDOW)]


def with_runs(*runs: Run) -> Incident:
    return replace(OVER, runs=MappingProxyType({one.run_id: one for one in runs}))


def test_run_mitigation_and_end_are_marked() -> None:
    mitigated = replace(NOTHING_LIVED, mitigated=Mark(at=at(24), by=OPSBOT, seq=9))
    assert marked(replace(with_runs(run(20, "rollback-deploy")), living=mitigated)) == [
        (MarkKind.RUN, "rollback-deploy", at(20)),
        (MarkKind.MITIGATED, "mitigated", at(24)),
        (MarkKind.RESOLVED, "resolved", at(28)),
    ]


def test_only_runs_that_began_and_change_something_are_marked() -> None:
    given = with_runs(run(None), run(9, risk=Risk.NONE), run(-5), run(31))
    assert [kind for kind, _, _ in marked(given)] == [MarkKind.RESOLVED]


def test_a_run_that_did_not_succeed_says_so() -> None:
    given = with_runs(run(20, outcome=RunOutcome.ROLLED_BACK), run(22, outcome=None))
    assert [label for _, label, _ in marked(given)] == [
        "restart (rolled back)", "restart", "resolved",
    ]  # fmt: skip


def test_of_many_runs_the_last_are_marked() -> None:
    runs = [one for one in marked(with_runs(*(run(n) for n in range(9)))) if one[1] == "restart"]
    assert [when for _, _, when in runs] == [at(9 - n) for n in range(MOST_RUNS, 0, -1)]


@pytest.mark.parametrize(
    ("status", "closure", "label"),
    [
        (Status.RESOLVED, Closure.EXTERNAL, "resolved"),
        (Status.CLOSED, None, "resolved"),
        (Status.CLOSED, Closure.SELF_RECOVERED, "recovered"),
        (Status.CANCELLED, None, ""),
        (Status.MERGED, None, ""),
        (Status.CLOSED, Closure.FALSE_ALARM, ""),
        (Status.CLOSED, Closure.NEVER_OPENED, ""),
        (Status.MONITORING, None, ""),
    ],
)
def test_the_end_is_marked_where_all_is_right_again(
    status: Status, closure: Closure | None, label: str
) -> None:
    given = replace(OVER, status=status, closure=closure)
    assert has_recovered(given) == bool(label)
    assert [said for _, said, _ in marked(given)] == ([label] if label else [])
