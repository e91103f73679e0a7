"""What remains of a redacted body: its shape, and none of its words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from opsbot.core import entry as e
from opsbot.core.codec import stored_text, to_data
from opsbot.core.entry import Body, Gone
from opsbot.core.event import AlertDetails, Origin, ServiceRef, Transition
from opsbot.core.evidence import (
    EvidenceKind,
    Finding,
    FindingKind,
    Gap,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.living_entry import PageState
from opsbot.core.people import Invited, Missing, Person
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.redaction import REDACTED, what_remains
from opsbot.core.run_entry import CheckOutcome, RunOutcome, StepOutcome
from opsbot.core.run_entry import Phase as RunPhase
from opsbot.core.run_target import same_target, silenced_target
from opsbot.core.runbook import Risk
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep
from opsbot.core.suspects import Confidence, Ranking, Reason, Suspect
from tests.core.spoken import spoken

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SAID = "Zebra-Quux"  # stands wherever a person's or a system's own words may stand
_ORIGIN = Origin(source="pagerduty", id="Q1", number=7, dedup_key=SAID)
_SERVICE = ServiceRef(name="Checkout API", source_id="PSVC")
_WINDOW = Window(start=T0, end=T0)
_REPORT = SourceReport(
    source="loki", kind=EvidenceKind.LOGS, health=Health.FRESH, window=_WINDOW, query=SAID,
    fetched_at=T0, duration_ms=12, reason=SAID, link=SAID, truncated=SAID,
    findings=(Finding(at=T0, kind=FindingKind.LOG_PATTERN, service="s", summary=SAID),),
    gaps=(Gap(service="s", health=Health.STALE, since=None, reason=SAID),),
)  # fmt: skip
_DETAILS = AlertDetails(
    title=SAID, service=_SERVICE, urgency="high", priority="", teams=(),
    people=(Person(id="P1", name=SAID, email=SAID),),
)  # fmt: skip
_REASON = Reason(text=SAID, at=T0, source="loki", weight=0.5, finding=SAID)
_RANKING = Ranking(
    suspects=(Suspect(service=SAID, score=0.7, confidence=Confidence.LIKELY, reasons=(_REASON,)),),
    verdict=SAID, unseen=(SAID,), less_likely=(_REASON,), onset=T0,
)  # fmt: skip
_STEP = RenderedStep(
    name="undo", executor="kubernetes", call={"undo": {"deployment": SAID}}, timeout_s=60.0,
    output_limit=65_536, when={"value": SAID}, register=("revision",), binding={"from": SAID},
)  # fmt: skip
_PLAN = RenderedRun(
    runbook="rollback-deploy", version="v1", arguments={"service": SAID}, service="checkout",
    target=SAID, cooldown_s=60.0, steps=(_STEP,), rollback=(_STEP,), digest="0af1",
    incident_id="inc-7",
    check=RenderedCheck(source="prometheus", signal="", query=SAID, service=SAID, below=0.05,
                        above=None, unit="share", holds_s=30.0, every_s=5.0, within_s=60.0),
)  # fmt: skip
_VERDICT = Verdict(ruling=Ruling.NEEDS_APPROVAL, rule="medium risk", reason=SAID, approvals=1)
_RUNS: tuple[Body, ...] = (
    e.RunRequested(run_id="r1", title=SAID, risk=Risk.MEDIUM, plan=_PLAN, preview=(SAID,),
                   warnings=(SAID,), verdict=_VERDICT, expires_at=T0, break_glass=SAID),
    e.RunApproved(run_id="r1", digest="0af1", standing=SAID),
    e.RunDenied(run_id="r1", reason=SAID),
    e.RunStarted(run_id="r1", before=0.31, unread=SAID),
    e.StepStarted(run_id="r1", phase=RunPhase.STEPS, step=0, name="undo", boot="b1"),
    e.StepProgressed(run_id="r1", phase=RunPhase.STEPS, step=0, tail=SAID, lines=3),
    e.StepFinished(run_id="r1", phase=RunPhase.STEPS, step=0, name="undo",
                   outcome=StepOutcome.SUCCEEDED, said=SAID, output="0af1", tail=SAID,
                   values={"revision": SAID}),
    e.RunVerified(run_id="r1", outcome=CheckOutcome.PASSED, said=SAID, before=0.31, after=0.002),
    e.RunFinished(run_id="r1", outcome=RunOutcome.SUCCEEDED, said=SAID),
    e.RunJudged(run_id="r1", happened=True, said=SAID),
    e.RunOutputShared(run_id="r1", problem=SAID, unsure=True),
)  # fmt: skip
SAMPLES: tuple[Body, ...] = (
    e.Opened(number=7, title=SAID, origin=_ORIGIN, service=_SERVICE, severity=e.Severity.SEV1,
             urgency="high", priority="P1", teams=("payments",), mode=e.Mode.LIVE,
             visibility=e.Visibility.PUBLIC, reason=SAID),
    e.Joined(origin=_ORIGIN, title=SAID, reason=SAID),
    e.Routed(placement=e.Placement.ROOM, rule="default", reason=SAID),
    e.AlertChanged(origin_id="Q1", event_type="incident.resolved", summary=SAID,
                   transition=Transition.RESOLVED, details=_DETAILS),
    e.NoteAdded(text=SAID, channel_id="C1", ts="1.2", author_id="U1"),
    e.RoleAssigned(role=e.Role.LEAD, slack_id="U1", name=SAID),
    e.ImpactSet(text=SAID, since=T0),
    e.Withdrawn(seq=3),
    e.PagerAsked(act=e.PagerAct.NOTE, origin_id="Q1", value="3"),
    e.PagerActed(asked=4, act=e.PagerAct.NOTE, origin_id="Q1", said=SAID, at=T0,
                 result=e.PagerResult.REFUSED),
    e.SuspectsRanked(ranking=_RANKING),
    e.Illustrated(slot="chart:page", blob="0af1", file_id="F1", title=SAID, alt=SAID),
    e.SeverityChanged(severity=e.Severity.SEV3, reason=SAID, priority="P3"),
    e.StatusChanged(status=e.Status.RESOLVED, reason=SAID, closure=e.Closure.FIXED),
    e.Asked(question="alert_cleared", text=SAID),
    e.Answered(question="alert_cleared", answer="resolve"),
    e.RoomRequested(),
    e.EvidenceAsked(window=_WINDOW, sources=("loki",), services=("checkout",), reason=SAID),
    e.EvidenceCollected(report=_REPORT),
    e.EvidenceComplete(answered=("loki",), silent=()),
    e.ChannelOpened(channel_id="C1", name="inc-7-x", adopted=False),
    e.MessageShown(slot="card", channel_id="C1", ts="1.2", shown="abc"),
    e.PeopleInvited(invited=(Invited(person_id="P1", slack_id="U1", name=SAID),),
                    missing=(Missing(person_id="P2", name=SAID, reason=SAID),)),
    e.SurfaceChanged(what="topic", value=SAID),
    e.SurfaceRefused(move="topic", error="too_long", cure="Shorten it.", gives_up=True),
    e.PagerNoted(origin_id="Q1", text=SAID),
    e.PageAsked(what=SAID, reason=SAID, policy_id="PPOL", user_ids=("P1",), because="approval:r1",
                service_id="PSVC"),
    e.PageActed(asked=4, state=PageState.SENT, names=(SAID,), user_ids=("P1",), said=SAID,
                origin_id="Q1", made=True),
    e.PageAnswered(user_id="P1", name=SAID, accepted=True),
    e.Mitigated(at=T0, said=SAID),
    e.OnsetSet(at=T0, said=SAID),
    e.UpdatePosted(text=SAID, next_by=T0, external=SAID),
    e.CadenceSnoozed(until=T0),
    e.ReminderSent(about="update", slack_id="U1"),
    e.HandoverOffered(to_slack_id="U1", to_name=SAID, said=SAID),
    e.HandoverAnswered(offer=3, accepted=True),
    e.FollowUpSet(item=3, text=SAID, owner_slack_id="U1", owner=SAID, due=T0.date(), done=True,
                  url=SAID),
    e.PostmortemDrafted(through=9, template="default", template_version="v1", markdown="0a",
                        data="0b", html="0c", problems=2),
    e.PostmortemPublished(publisher="folder", url="https://example.com/7", ref="7.md", base="0a"),
    e.PostmortemFailed(publisher="folder", cure=SAID, gives_up=True),
    *_RUNS,
    e.Redacted(seq=3, reason=SAID),
    Gone(),
    e.Unknown(kind="from_the_future", data={"text": SAID}),
)  # fmt: skip


def test_there_is_a_sample_of_every_kind() -> None:
    assert {type(body) for body in SAMPLES} == set(get_args(Body))


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: type(body).__name__)
def test_no_words_remain(body: Body) -> None:
    """What remains is of the same kind, so that what happened still happened, or it is gone."""
    remains = what_remains(body)
    assert SAID not in stored_text(to_data(remains))
    assert isinstance(remains, type(body) | Gone)


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: type(body).__name__)
def test_redacting_what_remains_changes_nothing(body: Body) -> None:
    assert what_remains(what_remains(body)) == what_remains(body)


def test_facts_stay() -> None:
    """Numbers, ids and enumerations survive: redaction does not undo what happened."""
    remains = {type(body): what_remains(body) for body in SAMPLES}
    opened, changed = remains[e.Opened], remains[e.AlertChanged]
    status, role = remains[e.StatusChanged], remains[e.RoleAssigned]
    impact, acted = remains[e.ImpactSet], remains[e.PagerActed]
    assert isinstance(opened, e.Opened)
    assert isinstance(changed, e.AlertChanged)
    assert isinstance(status, e.StatusChanged)
    assert isinstance(role, e.RoleAssigned)
    assert isinstance(impact, e.ImpactSet)
    assert isinstance(acted, e.PagerActed)
    assert (opened.number, opened.origin.id, opened.severity) == (7, "Q1", e.Severity.SEV1)
    assert changed.transition is Transition.RESOLVED
    assert (status.status, status.closure) == (e.Status.RESOLVED, e.Closure.FIXED)
    assert (role.role, role.slack_id) == (e.Role.LEAD, "U1")
    assert impact.since == T0
    assert (acted.asked, acted.result, acted.at) == (4, e.PagerResult.REFUSED, T0)


def test_what_is_left_to_do_stays_to_be_done() -> None:
    """By whom and until when, though nobody can read any more what it was."""
    (body,) = (one for one in SAMPLES if isinstance(one, e.FollowUpSet))
    left = what_remains(body)
    assert isinstance(left, e.FollowUpSet)
    assert (left.item, left.owner_slack_id, left.due, left.done) == (3, "U1", T0.date(), True)
    assert (left.text, left.owner) == (REDACTED, REDACTED)


def test_what_was_asked_of_the_pager_holds_no_words() -> None:
    """The note's words stand in their own entry; a priority is a name from a list."""
    asked = e.PagerAsked(act=e.PagerAct.PRIORITY, origin_id="Q1", value="P1")
    assert what_remains(asked) == asked


def test_suspects_are_gone_whole() -> None:
    """Every part of a ranking quotes what sources said; the next look ranks anew."""
    assert what_remains(e.SuspectsRanked(ranking=_RANKING)) == Gone()


def test_somebody_whose_name_was_taken_out_is_still_somebody() -> None:
    """The card must not say that nobody leads, nor show an empty name."""
    left = what_remains(e.RoleAssigned(role=e.Role.LEAD, slack_id="U1", name=SAID))
    assert isinstance(left, e.RoleAssigned)
    assert left.name == REDACTED


def test_giving_up_a_role_stays_giving_it_up() -> None:
    body = e.RoleAssigned(role=e.Role.LEAD, slack_id="", name="")
    assert what_remains(body) == body


def test_a_bookmark_is_no_words() -> None:
    body = e.SurfaceChanged(what="archived", value="yes")
    assert what_remains(body) == body


def test_what_a_run_was_to_be_verified_by_stays_without_its_words() -> None:
    """That it was to be verified, and its bounds; one without any would count as done."""
    (body,) = (one for one in SAMPLES if isinstance(one, e.RunRequested))
    left = what_remains(body)
    assert isinstance(left, e.RunRequested)
    assert left.plan.check is not None
    assert (left.plan.check.source, left.plan.check.below) == ("prometheus", 0.05)
    assert (left.plan.check.query, left.plan.check.service) == ("", "")


def test_two_runs_on_one_target_are_told_whichever_of_them_was_redacted() -> None:
    """By its hash; a run without a target is in nobody's way."""
    gone = silenced_target(SAID)
    assert SAID not in gone
    for one, other in ((SAID, SAID), (gone, SAID), (SAID, gone), (gone, gone)):
        assert same_target(one, other)
    for one, other in ((gone, "checkout"), ("", ""), ("", gone), (silenced_target(""), "")):
        assert not same_target(one, other)
    assert same_target("lone \ud800", silenced_target("lone \ud800"))


@pytest.mark.parametrize("kind", [type(body) for body in _RUNS], ids=lambda kind: kind.__name__)
def test_no_text_of_a_run_remains_but_ids_and_names(kind: type[Any]) -> None:
    """Whatever field an entry about runs is given: it is an id or a name, or its words go."""
    body = spoken(kind, SAID)
    assert SAID not in stored_text(to_data(what_remains(body)))
    assert what_remains(what_remains(body)) == what_remains(body)
