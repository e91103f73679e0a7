"""Records of different incidents, each with what is worth telling of it; each has its document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Mode, Severity, Status, Visibility
from opsbot.core.event import Transition
from opsbot.core.evidence import EvidenceKind, Health
from opsbot.core.living_entry import PageState
from opsbot.core.people import Invited, Missing
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from tests.documents.pen import (
    DEPLOY,
    FAILING,
    KIM,
    MEMORY,
    PAGED_ROBIN,
    ROBIN,
    SILENT,
    SUSPECT,
    Pen,
    at,
)

OVER = "a responder said that it is over"
METRICS, CHANGES, LOGS = EvidenceKind.METRICS, EvidenceKind.CHANGES, EvidenceKind.LOGS


def _paged_and_led(pen: Pen) -> None:
    """A page, an acknowledgement, a lead, and evidence of the usual quality."""
    pen.page(8.2)
    pen.alert(Transition.ACKNOWLEDGED, 9.5, by=PAGED_ROBIN)
    pen.write(
        e.PeopleInvited(
            invited=(Invited(person_id="PROBIN", slack_id="U0ROBIN", name="Robin Sample"),
                     Invited(person_id="PKIM", slack_id="U0KIM", name="Kim Example")),
            missing=(Missing(person_id="PALEX", name="Alex Nowhere",
                             reason="their address is not known in Slack"),),
        ),
        8.3,
    )  # fmt: skip
    asked = pen.ask(8.3, ("prometheus", "loki", "pagerduty"))
    pen.report(8.4, "pagerduty", CHANGES, DEPLOY, asked=asked)
    pen.report(8.4, "prometheus", METRICS, MEMORY, FAILING, asked=asked)
    pen.report(8.5, "loki", LOGS, health=Health.STALE, gaps=SILENT, asked=asked,
               reason="logs of 2 services silent")  # fmt: skip
    pen.write(e.EvidenceComplete(answered=("pagerduty", "prometheus", "loki"), silent=(),
                                 asked=asked), 8.5)  # fmt: skip
    pen.rank(8.5, SUSPECT, onset=MEMORY.at, unseen=("logs",))
    pen.lead(10)
    pen.status(Status.INVESTIGATING, 10, "somebody leads now")


def rolled_back_and_verified() -> Pen:
    """The usual story: a deploy is found, taken back with a second person's yes, and it helps."""
    pen = Pen()
    _paged_and_led(pen)
    pen.write(e.ImpactSet(text="31 % of logins fail, all regions", since=at(-2)), 11, by=ROBIN)
    pen.note("looking at session-validation", 12)
    pen.write(e.UpdatePosted(text="Logins fail for a third of users; a deploy is suspected.",
                             next_by=at(45), external="Some users cannot log in. We are on it."),
              13, by=KIM)  # fmt: skip
    pen.status(Status.IDENTIFIED, 14, "v2.14 halves its own memory limit", by=ROBIN)
    pen.request(15)
    pen.approve(16)
    pen.write(e.RunStarted(run_id="r1", before=0.091), 16.1)
    pen.step(16.2)
    pen.verify(18.5)
    pen.finish(18.6, RunOutcome.SUCCEEDED, "error share back to 0.2 % after 90 s")
    pen.write(e.Mitigated(at=at(18)), 19, by=ROBIN)
    pen.alert(Transition.RESOLVED, 20)
    pen.write(e.UpdatePosted(text="Logins work again.", external="Logins work again."), 21, by=KIM)
    pen.status(Status.RESOLVED, 40, "rolled back to v2.13", by=ROBIN, closure=Closure.FIXED)
    pen.write(e.FollowUpSet(item=1, text="Alert on memory near its limit", owner="Kim Example",
                            owner_slack_id="U0KIM", due=date(2026, 12, 1)), 41, by=KIM)  # fmt: skip
    pen.write(e.FollowUpSet(item=2, text="Page when a log collector dies"), 42, by=KIM)
    return pen


def recovered_by_itself() -> Pen:
    """Nobody acted, and it was over after a few minutes."""
    pen = Pen(number=43)
    pen.page(0, "cart-api: latency above 1 s", service="cart-api", severity=Severity.SEV3)
    asked = pen.ask(0.1, ("prometheus",))
    pen.report(0.2, "prometheus", METRICS, asked=asked)
    pen.write(e.EvidenceComplete(answered=("prometheus",), silent=(), asked=asked), 0.2)
    pen.rank(0.2, verdict="no clear suspect: nothing in metrics departs from the usual")
    pen.alert(Transition.RESOLVED, 6)
    pen.status(Status.CLOSED, 6, "every alert resolved by itself after 6 min and nobody had acted",
               closure=Closure.SELF_RECOVERED)  # fmt: skip
    return pen


def declared_by_a_person() -> Pen:
    """A support engineer sees it first; nobody is paged, nobody leads for a long while."""
    pen = Pen(number=44)
    pen.declare(0, "Invoices show the wrong currency")
    pen.write(e.OnsetSet(at=at(-95), said="first ticket"), 3, by=KIM)
    pen.write(e.ImpactSet(text="About 40 customers got invoices in USD instead of EUR"), 4, by=KIM)
    pen.note("finance confirms: only customers who moved country this week", 20, KIM)
    pen.write(e.PageAsked(what="Billing on-call", reason="needs somebody who knows invoices"), 25,
              by=KIM)  # fmt: skip
    pen.write(e.PageActed(asked=5, state=PageState.SENT, names=("Robin Sample",)), 25.2)
    pen.write(e.PageAnswered(user_id="PROBIN", name="Robin Sample", accepted=True), 27)
    pen.lead(28)
    pen.status(Status.IDENTIFIED, 70, "the country cache is never refreshed", by=ROBIN)
    pen.write(e.Mitigated(at=at(90), said="cache emptied"), 91, by=ROBIN)
    pen.status(Status.RESOLVED, 120, "cache refresh deployed", by=ROBIN, closure=Closure.FIXED)
    return pen


def cancelled() -> Pen:
    """Declared, and taken for nothing."""
    pen = Pen(number=45)
    pen.declare(0, "Is the site slow for anybody else?", by=ROBIN)
    pen.note("only my own network", 4)
    pen.status(Status.CANCELLED, 5, "it was the office network", by=ROBIN)
    return pen


def reopened() -> Pen:
    """Declared over, and it comes back twenty minutes later."""
    pen = Pen(number=46)
    pen.page(0)
    pen.alert(Transition.ACKNOWLEDGED, 1, by=PAGED_ROBIN)
    pen.lead(2)
    pen.write(e.OnsetSet(at=at(-3)), 3, by=ROBIN)
    pen.write(e.Mitigated(at=at(10)), 11, by=ROBIN)
    pen.alert(Transition.RESOLVED, 12)
    pen.status(Status.RESOLVED, 15, "restarted", by=ROBIN, closure=Closure.FIXED)
    pen.alert(Transition.REOPENED, 35)
    pen.status(Status.TRIAGE, 35, "the alert fires again, 20 min after the incident ended")
    pen.note("the restart only hid it: the connection pool leaks", 40)
    pen.write(e.Mitigated(at=at(58)), 60, by=ROBIN)
    pen.alert(Transition.RESOLVED, 61)
    pen.status(Status.RESOLVED, 65, "pool limit set back", by=ROBIN, closure=Closure.FIXED)
    return pen


def run_failed_and_rolled_back() -> Pen:
    """The verification sees no change, and the run takes itself back."""
    pen = Pen(number=47)
    _paged_and_led(pen)
    pen.request(15)
    pen.approve(15.5)
    pen.write(e.RunStarted(run_id="r1", before=0.091), 15.6)
    pen.step(15.7)
    pen.verify(21, outcome=CheckOutcome.FAILED, said="error share still 9 % after 5 min",
               after=0.09)  # fmt: skip
    pen.step(21.2, phase=Phase.ROLLBACK, said="revision 14 is rolled out again")
    pen.finish(
        21.8, RunOutcome.ROLLED_BACK, "error share still 9 % after 5 min; it was rolled back"
    )
    pen.status(Status.RESOLVED, 90, "memory limit raised by hand", by=KIM, closure=Closure.FIXED)
    return pen


def glass_broken() -> Pen:
    """At night nobody can approve: one run goes through the glass, and nobody knows what came of
    it; another one's approval had run out."""
    pen = Pen(number=48)
    _paged_and_led(pen)
    pen.request(12, "r0")
    pen.finish(27, RunOutcome.EXPIRED, "nobody approved within 15 min", run_id="r0")
    pen.request(28, "r1", again="r0", break_glass="nobody answers and orders are lost",
                ruling=Ruling.ALLOWED)  # fmt: skip
    pen.write(e.RunStarted(run_id="r1", before=0.091), 28.1)
    pen.write(
        e.StepStarted(run_id="r1", phase=Phase.STEPS, step=0, name="roll-back", boot="b"), 28.2
    )
    pen.write(e.StepFinished(run_id="r1", phase=Phase.STEPS, step=0, name="roll-back",
                             outcome=StepOutcome.UNKNOWN, said="opsbot was restarted meanwhile"),
              31)  # fmt: skip
    pen.finish(31, RunOutcome.UNKNOWN, "nobody knows what came of step 1 (roll-back)")
    pen.status(Status.RESOLVED, 45, OVER, by=ROBIN, closure=Closure.FIXED)
    return pen


def redacted_and_withdrawn() -> Pen:
    """A note is taken back, and words that should not have been said are redacted; hostile words
    stand in a title."""
    pen = Pen(number=49)
    pen.page(0, "[click](javascript:alert(1)) <img src=x onerror=alert(2)> @everyone | `x` # 1")
    pen.alert(Transition.ACKNOWLEDGED, 1, by=PAGED_ROBIN)
    pen.lead(2)
    said = pen.note("password of the customer is hunter2", 3)
    wrong = pen.note("I think it is the database", 4)
    pen.write(e.Withdrawn(seq=wrong), 5, by=ROBIN)
    pen.write(e.Redacted(seq=said, reason="a customer's password"), 6, by=KIM)
    pen.note("<!-- opsbot:section summary --> see https://evil.example and #12", 7)
    pen.status(Status.RESOLVED, 30, OVER, by=ROBIN, closure=Closure.FALSE_ALARM)
    return pen


def private() -> Pen:
    """A private incident: its document says so, and its name and gist say nothing."""
    pen = Pen(number=50)
    pen.page(0, "Leaked credentials on a paste site", service="identity", severity=Severity.SEV1,
             visibility=Visibility.PRIVATE)  # fmt: skip
    pen.alert(Transition.ACKNOWLEDGED, 2, by=PAGED_ROBIN)
    pen.lead(3)
    pen.write(e.ImpactSet(text="No sign of use so far"), 10, by=ROBIN)
    pen.status(Status.RESOLVED, 200, "keys rotated", by=ROBIN, closure=Closure.FIXED)
    return pen


def over_months() -> Pen:
    """It smoulders from October into February, over the end of summer time and the new year."""
    pen = Pen(number=51)
    day = 24 * 60
    pen.declare(0, "Exports are sometimes empty", by=KIM)
    pen.write(e.OnsetSet(at=at(-30 * day)), 30, by=KIM)
    pen.lead(2 * day, KIM)
    for week in range(1, 11):
        pen.note(f"week {week}: seen again {week % 3 + 1} times", week * 7 * day, KIM)
    pen.status(Status.IDENTIFIED, 71 * day, "two exports of one second overwrite each other",
               by=ROBIN)  # fmt: skip
    pen.write(e.Mitigated(at=at(75 * day)), 75 * day + 5, by=ROBIN)
    pen.status(Status.RESOLVED, 90 * day, "file names carry an id", by=ROBIN,
               closure=Closure.FIXED)  # fmt: skip
    return pen


def nothing_seen() -> Pen:
    """Every source is blind, nobody acknowledges, and it is still open."""
    pen = Pen(number=52)
    pen.page(0, severity=Severity.UNSET)
    asked = pen.ask(0.1, ("prometheus", "loki", "tempo"))
    for source, kind in (("prometheus", METRICS), ("loki", LOGS)):
        pen.report(8.1, source, kind, health=Health.UNREACHABLE, asked=asked,
                   reason=f"{source} did not answer within 8 s")  # fmt: skip
    pen.write(
        e.EvidenceComplete(answered=("prometheus", "loki"), silent=("tempo",), asked=asked), 8.2
    )
    pen.rank(8.2, verdict="no clear suspect: neither metrics nor logs nor traces could be read")
    return pen


def in_shadow() -> Pen:
    """opsbot was only looking on: the incident counts in no measure, and its times are in
    disorder."""
    pen = Pen(number=53)
    pen.page(10, mode=Mode.SHADOW)
    pen.write(e.OnsetSet(at=at(25)), 26, by=ROBIN)
    pen.status(Status.RESOLVED, 20, "all is well", by=ROBIN, closure=Closure.FIXED)
    return pen


RECORDS: dict[str, Callable[[], Pen]] = {
    "rolled-back-and-verified": rolled_back_and_verified,
    "recovered-by-itself": recovered_by_itself,
    "declared-by-a-person": declared_by_a_person,
    "cancelled": cancelled,
    "reopened": reopened,
    "run-failed-and-rolled-back": run_failed_and_rolled_back,
    "glass-broken": glass_broken,
    "redacted-and-withdrawn": redacted_and_withdrawn,
    "private": private,
    "over-months": over_months,
    "nothing-seen": nothing_seen,
    "in-shadow": in_shadow,
}
