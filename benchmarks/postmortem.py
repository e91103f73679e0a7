"""How long a postmortem of a long record takes to write.

    python -m benchmarks.postmortem [--entries N] [--rounds R]

A record of 5,000 entries, as one that smouldered for weeks has: notes, alerts that come and go,
evidence asked for again and again, runs, updates. It is made into Markdown, JSON and HTML; the
medians over the rounds are told. The floor, measured in turn, is the least that anybody has to do:
write the same entries as JSON once.
"""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.table import Figure, arguments, median, tell
from opsbot.core import entry as e
from opsbot.core.codec import to_data
from opsbot.core.entry import Body, Entry, Mode, Severity, Status, Visibility
from opsbot.core.event import AlertDetails, Origin, ServiceRef, Transition
from opsbot.core.evidence import (
    EvidenceKind,
    Finding,
    FindingKind,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.incident import Incident, fold
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.lint import lint
from opsbot.core.suspects import Confidence, Ranking, Reason, Suspect
from opsbot.documents import document_of
from opsbot.documents.template import default_template

GOALS = {"render_ms": "under 1,000"}
START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
PEOPLE = tuple(
    Actor(kind=ActorKind.PERSON, id=f"slack:U{n:09d}", name=f"Person {n}") for n in range(12)
)
SERVICES = tuple(f"service-{n}" for n in range(12))


def record_of(length: int) -> tuple[Entry, ...]:
    """A long record, the same in every run."""
    bodies = [*_beginning(), *(_of(number) for number in range(length - 4)), *_end()]
    return tuple(
        Entry(
            incident_id="inc-1", seq=n + 1, key=f"k{n}",
            occurred_at=START + timedelta(minutes=5 * n),
            recorded_at=START + timedelta(minutes=5 * n, seconds=2),
            actor=PEOPLE[n % len(PEOPLE)] if n % 3 else OPSBOT,
            source="slack" if n % 3 else "opsbot", body=body,
        )
        for n, body in enumerate(bodies)
    )  # fmt: skip


def _beginning() -> list[Body]:
    service = ServiceRef(name=SERVICES[0], key=SERVICES[0])
    details = AlertDetails(title="error share above 5 %", service=service, urgency="high",
                           priority="", people=(), teams=())  # fmt: skip
    return [
        e.Opened(number=1, title="error share above 5 %", origin=Origin(source="pagerduty", id="Q"),
                 service=service, severity=Severity.SEV2, urgency="high", priority="", teams=(),
                 mode=Mode.LIVE, visibility=Visibility.PUBLIC, reason="urgency is high"),
        e.AlertChanged(origin_id="Q", event_type="incident.triggered", summary="it fires",
                       transition=Transition.TRIGGERED, details=details),
        e.RoleAssigned(role=e.Role.LEAD, slack_id="U000000001", name="Person 1"),
    ]  # fmt: skip


def _of(number: int) -> Body:
    """One entry in the middle, of one kind after the other."""
    match number % 10:
        case 0:
            return e.EvidenceCollected(report=_report(number))
        case 1:
            return e.SuspectsRanked(ranking=_ranking(number))
        case 2:
            return e.AlertChanged(origin_id="Q", event_type="incident.resolved", summary="cleared",
                                  transition=Transition.RESOLVED)  # fmt: skip
        case 3:
            return e.AlertChanged(origin_id="Q", event_type="incident.reopened", summary="again",
                                  transition=Transition.REOPENED)  # fmt: skip
        case 4:
            return e.UpdatePosted(text=f"still looking, round {number}", external="We are on it.")
        case 5:
            return e.MessageShown(slot="card", channel_id="C1", ts="1.2", shown="h", edited=True)
        case 6:
            return e.FollowUpSet(item=number // 10 + 1, text=f"follow up on round {number}")
        case _:
            return e.NoteAdded(
                text=f"seen again in {SERVICES[number % 12]}: <b>{number}</b> *times*"
            )


def _report(number: int) -> SourceReport:
    at = START + timedelta(minutes=5 * number)
    window = Window(start=at - timedelta(minutes=30), end=at)
    findings = tuple(
        Finding(at=at - timedelta(minutes=n), kind=FindingKind.ERRORS, service=service, value=0.31,
                before=0.002, unit="ratio", fold_key=f"errors:{service}",
                summary=f"{service}: 31 % of requests fail (usually 0.2 %)",
                link=f"https://prometheus.example.com/graph?g0.expr={'x' * 200}{n}")
        for n, service in enumerate(SERVICES)
    )  # fmt: skip
    return SourceReport(source="prometheus", kind=EvidenceKind.METRICS, health=Health.FRESH,
                        window=window, query="q", fetched_at=at, duration_ms=40,
                        findings=findings)  # fmt: skip


def _ranking(number: int) -> Ranking:
    at = START + timedelta(minutes=5 * number)
    reason = Reason(text="31 % of requests fail (usually 0.2 %)", at=at, source="prometheus",
                    weight=0.5, finding=f"errors:{SERVICES[3]}")  # fmt: skip
    suspect = Suspect(service=SERVICES[3], score=0.6, confidence=Confidence.LIKELY,
                      reasons=(reason,))  # fmt: skip
    return Ranking(suspects=(suspect,), onset=START - timedelta(minutes=7))


def _end() -> list[Body]:
    return [e.StatusChanged(status=Status.RESOLVED, reason="done", closure=e.Closure.FIXED)]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def floor(entries: Sequence[Entry]) -> str:
    """Every entry as JSON, once."""
    return json.dumps([to_data(entry.body) for entry in entries])


def measure(options: Namespace) -> dict[str, Figure]:
    """Document, parts and floor in turn, round by round."""
    entries, template = record_of(options.entries), default_template()
    incident: Incident = fold("inc-1", entries)
    made = document_of(incident, entries, template)  # the first one compiles the template
    rounds: dict[str, list[float]] = {name: [] for name in ("render", "draft", "fold", "floor")}
    for _ in range(options.rounds):
        rounds["render"].append(timed(lambda: document_of(incident, entries, template)))
        rounds["draft"].append(timed(lambda: lint(postmortem(incident, entries))))
        rounds["fold"].append(timed(lambda: fold("inc-1", entries)))
        rounds["floor"].append(timed(lambda: floor(entries)))
    render, least = median(rounds["render"]), median(rounds["floor"])
    return {
        "entries": len(entries), "rounds": options.rounds,
        "render_ms": render, "render_ms_max": max(rounds["render"]),
        "draft_ms": median(rounds["draft"]), "fold_ms": median(rounds["fold"]),
        "floor_ms": least, "ratio_to_floor": round(render / least, 1),
        "markdown_kb": len(made.markdown) / 1000, "json_kb": len(made.data) / 1000,
        "html_kb": len(made.html) / 1000,
    }  # fmt: skip


def main() -> None:
    """Measure and tell."""
    parser = arguments("How long a postmortem of a long record takes to write.")
    parser.add_argument("--entries", type=int, default=5_000, help="of the record (default: 5000)")
    parser.add_argument("--rounds", type=int, default=9, help="of each (default: 9)")
    options = parser.parse_args()
    tell("postmortem", measure(options), GOALS, options.json)


if __name__ == "__main__":
    main()
