"""Writes records by hand: one line an entry, minutes after noon, so that a test can be read as the
story it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Body, Entry, Mode, Severity, Visibility
from opsbot.core.event import DECLARED, AlertDetails, Origin, ServiceRef, Transition
from opsbot.core.evidence import (
    EvidenceKind,
    Finding,
    FindingKind,
    Gap,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.incident import Incident, fold
from opsbot.core.people import OPSBOT, Actor, ActorKind, Person
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.runbook import Risk
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep
from opsbot.core.suspects import Confidence, Ranking, Reason, Suspect

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGER = Actor(kind=ActorKind.SYSTEM, id="pagerduty")
ROBIN = Actor(kind=ActorKind.PERSON, id="slack:U0ROBIN", name="Robin Sample")
KIM = Actor(kind=ActorKind.PERSON, id="slack:U0KIM", name="Kim Example")
PAGED_ROBIN = Actor(kind=ActorKind.PERSON, id="pagerduty:PROBIN", name="Robin Sample")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class Pen:
    """One record, in the order in which it was written."""

    number: int = 42
    title: str = ""
    service: str = "checkout-api"
    entries: list[Entry] = field(default_factory=list[Entry])

    @property
    def incident(self) -> Incident:
        return fold(f"inc-{self.number}", self.entries)

    def write(
        self, body: Body, minutes: float, *, by: Actor = OPSBOT, source: str = "", later: float = 0
    ) -> int:
        """Append an entry that happened then, learnt `later` minutes after; its number."""
        seq = len(self.entries) + 1
        where = source or ("slack" if by.id.startswith("slack:") else "opsbot")
        self.entries.append(
            Entry(
                incident_id=f"inc-{self.number}", seq=seq, key=f"k{seq}", occurred_at=at(minutes),
                recorded_at=at(minutes + later), actor=by, source=where, body=body,
            )
        )  # fmt: skip
        return seq

    # --- how it begins --------------------------------------------------------------------------

    def page(
        self, minutes: float, title: str = "checkout-api: error share above 5 %", *,
        service: str = "checkout-api", severity: Severity = Severity.SEV2, mode: Mode = Mode.LIVE,
        visibility: Visibility = Visibility.PUBLIC,
    ) -> None:  # fmt: skip
        """An alert that opens an incident, as intake writes it."""
        self.title, self.service = title, service
        ref = ServiceRef(name=service, source_id=f"P-{service}", key=service)
        origin = Origin(source="pagerduty", id=f"Q{self.number}", number=1001)
        self.write(
            e.Opened(number=self.number, title=title, origin=origin, service=ref, severity=severity,
                     urgency="high", priority="", teams=(), mode=mode, visibility=visibility,
                     reason="urgency is high"),
            minutes, source="routing",
        )  # fmt: skip
        self.alert(Transition.TRIGGERED, minutes)

    def alert(self, transition: Transition, minutes: float, *, by: Actor = PAGER) -> int:
        """What happened to the alert, as the pager told it."""
        ref = ServiceRef(name=self.service, source_id=f"P-{self.service}", key=self.service)
        details = AlertDetails(title=self.title, service=ref, urgency="high", priority="", teams=(),
                               people=(Person(id="PROBIN", name="Robin Sample"),))  # fmt: skip
        words = f"{by.name or self.service} {transition} the incident"
        body = e.AlertChanged(origin_id=f"Q{self.number}", event_type=f"incident.{transition}",
                              transition=transition, summary=words, details=details)  # fmt: skip
        return self.write(body, minutes, by=by, source="pagerduty")

    def declare(self, minutes: float, title: str, *, by: Actor = KIM, service: str = "") -> None:
        ref = ServiceRef(name=service, key=service)
        origin = Origin(source=DECLARED, id=f"D{self.number}")
        self.write(
            e.Opened(number=self.number, title=title, origin=origin,
                     service=ref, severity=Severity.UNSET, urgency="", priority="", teams=(),
                     mode=Mode.LIVE, visibility=Visibility.PUBLIC, reason="declared by a person"),
            minutes, by=by,
        )  # fmt: skip

    def lead(self, minutes: float, who: Actor = ROBIN) -> None:
        slack_id = who.id.removeprefix("slack:")
        self.write(e.RoleAssigned(role=e.Role.LEAD, slack_id=slack_id, name=who.name), minutes,
                   by=who)  # fmt: skip

    def status(
        self, status: e.Status, minutes: float, reason: str = "", *, by: Actor = OPSBOT,
        closure: e.Closure | None = None,
    ) -> int:  # fmt: skip
        return self.write(e.StatusChanged(status=status, reason=reason, closure=closure), minutes,
                          by=by)  # fmt: skip

    def note(self, text: str, minutes: float, by: Actor = ROBIN) -> int:
        return self.write(e.NoteAdded(text=text), minutes, by=by)

    # --- evidence -------------------------------------------------------------------------------

    def ask(self, minutes: float, sources: tuple[str, ...]) -> int:
        body = e.EvidenceAsked(
            window=Window(start=at(minutes - 30), end=at(minutes)), sources=sources,
            services=(self.service,), reason="the incident has a room",
        )  # fmt: skip
        return self.write(body, minutes)

    def report(
        self, minutes: float, source: str, kind: EvidenceKind, *findings: Finding,
        health: Health = Health.FRESH, gaps: tuple[Gap, ...] = (), reason: str = "",
        asked: int = 0,
    ) -> int:  # fmt: skip
        told = SourceReport(
            source=source, kind=kind, health=health, query="q", fetched_at=at(minutes),
            window=Window(start=at(minutes - 30), end=at(minutes)), duration_ms=40,
            findings=findings, gaps=gaps, reason=reason,
        )  # fmt: skip
        return self.write(e.EvidenceCollected(report=told, asked=asked), minutes, source=source)

    def rank(self, minutes: float, *suspects: Suspect, onset: datetime | None = None,
             verdict: str = "", unseen: tuple[str, ...] = ()) -> int:  # fmt: skip
        ranking = Ranking(suspects=suspects, verdict=verdict, unseen=unseen, onset=onset)
        return self.write(e.SuspectsRanked(ranking=ranking), minutes)

    # --- a run ----------------------------------------------------------------------------------

    def request(
        self, minutes: float, run_id: str = "r1", *, by: Actor = ROBIN, again: str = "",
        break_glass: str = "", ruling: Ruling = Ruling.NEEDS_APPROVAL,
    ) -> int:  # fmt: skip
        body = e.RunRequested(
            run_id=run_id, title="Roll a deploy back", risk=Risk.MEDIUM, plan=PLAN,
            preview=PREVIEW,
            warnings=("2 other changes of v2.14 go back with it",), again=again,
            break_glass=break_glass,
            verdict=Verdict(ruling=ruling, rule="production", reason="it changes production",
                            approvals=1 if ruling is Ruling.NEEDS_APPROVAL else 0),
        )  # fmt: skip
        return self.write(body, minutes, by=by)

    def approve(self, minutes: float, run_id: str = "r1", by: Actor = KIM) -> int:
        return self.write(e.RunApproved(run_id=run_id, digest="d", standing="on call for "
                                        "session-validation"), minutes, by=by)  # fmt: skip

    def step(
        self, minutes: float, run_id: str = "r1", *, phase: Phase = Phase.STEPS,
        outcome: StepOutcome = StepOutcome.SUCCEEDED, said: str = "revision 13 is rolled out",
        name: str = "roll-back",
    ) -> None:  # fmt: skip
        self.write(e.StepStarted(run_id=run_id, phase=phase, step=0, name=name, boot="b"), minutes)
        self.write(e.StepFinished(run_id=run_id, phase=phase, step=0, name=name, outcome=outcome,
                                  said=said, took_s=21.4), minutes + 0.4)  # fmt: skip

    def verify(
        self, minutes: float, run_id: str = "r1", *, outcome: CheckOutcome = CheckOutcome.PASSED,
        said: str = "error share back to 0.2 % after 90 s", after: float = 0.002,
    ) -> int:  # fmt: skip
        return self.write(e.RunVerified(run_id=run_id, outcome=outcome, said=said, before=0.091,
                                        after=after, took_s=90), minutes)  # fmt: skip

    def finish(self, minutes: float, outcome: RunOutcome, said: str, run_id: str = "r1") -> int:
        return self.write(e.RunFinished(run_id=run_id, outcome=outcome, said=said), minutes)


PREVIEW = (
    "1. kubernetes: roll deployment/session-validation in production back from revision 14 to 13"
    " (at most 1 min)",
    "then error share of checkout-api has to be below 1 % for 1 min, within 5 min",
)
PLAN = RenderedRun(
    runbook="rollback-deploy", version="v" * 64, arguments={"service": "session-validation"},
    service="session-validation", target="session-validation", cooldown_s=600,
    steps=(RenderedStep(name="roll-back", executor="kubernetes", call={}, timeout_s=60,
                        output_limit=65_536),),
    check=RenderedCheck(source="prometheus", signal="error_share", query="", service="checkout-api",
                        below=0.01, above=None, unit="share", holds_s=60, every_s=15, within_s=300),
)  # fmt: skip


def found(
    kind: FindingKind, service: str, minutes: float, summary: str, value: float | None = None,
    before: float | None = None, *, key: str = "", link: str = "", unit: str = "ratio",
) -> Finding:  # fmt: skip
    return Finding(at=at(minutes), kind=kind, service=service, summary=f"{service}: {summary}",
                   value=value, before=before, unit=unit, fold_key=key, link=link)  # fmt: skip


MEMORY = found(FindingKind.SATURATION, "session-validation", 58 - 60,
               "memory at 99 % of its limit (usually 56 %)", 0.99, 0.56, key="memory:session",
               link="https://prometheus.example.com/graph?g0.expr=memory&g0.tab=0")  # fmt: skip
FAILING = found(FindingKind.ERRORS, "checkout-api", 5, "9.1 % of requests fail (usually 0.2 %)",
                0.091, 0.002, key="errors:checkout-api")  # fmt: skip
DEPLOY = found(FindingKind.DEPLOY, "session-validation", -8,
               "Deployed v2.14 (limits.memory 512Mi -> 256Mi; previous=v2.13)", unit="",
               key="deploy:session-validation:v2.14",
               link="https://github.com/acorn-rye/session-validation/releases/v2.14")  # fmt: skip
SUSPECT = Suspect(
    service="session-validation", score=0.7, confidence=Confidence.LIKELY,
    reasons=(
        Reason(text="memory at 99 % of its limit (usually 56 %)", at=MEMORY.at, weight=0.5,
               source="prometheus", finding="memory:session"),
        Reason(text="deploy v2.14 (limits.memory 512Mi -> 256Mi)", at=DEPLOY.at, weight=0.2,
               source="pagerduty", finding="deploy:session-validation:v2.14", when="at"),
    ),
)  # fmt: skip
SILENT = tuple(
    Gap(service=service, health=Health.STALE, since=at(-180), reason="no log line since 09:00 UTC")
    for service in ("auth-api", "session-validation")
)
