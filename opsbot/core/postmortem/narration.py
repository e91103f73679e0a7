"""One entry as one clause of the story, in the past tense: who did what, and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.event import DECLARED, Transition
from opsbot.core.intake import STANDS
from opsbot.core.living_entry import PageState
from opsbot.core.people import ActorKind
from opsbot.core.points import entries_of, source_name
from opsbot.core.postmortem.factors import DEFAULT_REASON
from opsbot.core.postmortem.material import Material, quoted
from opsbot.core.postmortem.resolution import end_as, end_reason
from opsbot.core.postmortem.runs import RunRead, arguments_of
from opsbot.core.run_entry import CheckOutcome, RunOutcome
from opsbot.core.text import inert
from opsbot.core.told import name_of

MOST_CLAUSES = 3  # of one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """`who` `did` at a time, and `rest`; `dated` begins with the time, where that would be taken
    for a part of what was done. `weight` 2 is what turned the story, 1 what belongs to it."""

    who: str
    did: str
    rest: str = ""
    weight: int = 1
    dated: bool = False


Runs = Mapping[str, RunRead]


def sentence_of(clauses: Sequence[tuple[Clause, str]]) -> str:
    """Clauses of one subject as one sentence, each with its time unless the next has the same."""
    first, when = clauses[0]
    if first.dated:
        return f"{when[:1].upper()}{when[1:]} {first.who} {first.did}{first.rest}."
    following = [when for _, when in clauses[1:]] + [""]
    parts = [
        f"{clause.did}{'' if when == after else f' {when}'}{clause.rest}"
        for (clause, when), after in zip(clauses, following, strict=True)
    ]
    told = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    who = clauses[0][0].who
    return f"{who[:1].upper()}{who[1:]} {told}."


def follows(clauses: Sequence[tuple[Clause, str]], following: Clause) -> bool:
    """Whether a clause can go on the same sentence: of one subject, and nothing was quoted yet."""
    return (
        0 < len(clauses) < MOST_CLAUSES
        and not (clauses[-1][0].rest or clauses[-1][0].dated or following.dated)
        and clauses[-1][0].who == following.who
    )


def narrated(about: Material, runs: Runs, entry: Entry) -> Clause | None:
    """The clause of an entry; None for what is no part of the story."""
    who = name_of(entry.actor)
    match entry.body:
        case e.Opened(title=title, origin=origin) if origin.source == DECLARED:
            return Clause(who=who, did="declared it", rest=f": {quoted(title)}", weight=2)
        case e.AlertChanged() as body:
            return _alert(who, entry, body)
        case e.Joined(title=title):
            return Clause(who="another alert", did="joined it", rest=f": {quoted(title)}")
        case e.NoteAdded(text=text, author=author):
            return Clause(who=inert(author, 60) or who, did="noted", rest=f": {quoted(text)}",
                          weight=2)  # fmt: skip
        case e.StatusChanged() as body:
            return _status(who, about, entry, body)
        case e.SeverityChanged(severity=severity, reason=reason):
            why = f": {inert(reason, 200)}" if reason != DEFAULT_REASON else ""
            return Clause(who="the severity", did=f"became {severity}", rest=why)
        case e.ImpactSet(text=text) if text:
            return Clause(who=who, did="said", rest=f" what users noticed: {quoted(text)}")
        case e.UpdatePosted(text=text):
            return Clause(who=who, did="told everybody", rest=f": {quoted(text)}", weight=2)
        case e.SuspectsRanked(ranking=ranking):
            return _ranked(ranking.suspects[0].service if ranking.suspects else "", ranking.verdict)
        case _:
            return _of_people(who, about, entry) or _of_runs(who, runs, entry)


_ALERT = {
    Transition.TRIGGERED: ("an alert", "fired", 2),
    Transition.ACKNOWLEDGED: ("", "acknowledged it", 2),
    Transition.UNACKNOWLEDGED: ("the acknowledgement", "lapsed", 1),
    Transition.RESOLVED: ("the alert", "cleared", 2),
    Transition.REOPENED: ("the alert", "fired again", 2),
}


def _alert(who: str, entry: Entry, body: e.AlertChanged) -> Clause | None:
    known = _ALERT.get(body.transition)
    if known is None or body.event_type == STANDS or entry.actor.kind is ActorKind.OPSBOT:
        return None
    subject, did, weight = known
    rest = ""
    if body.transition is Transition.TRIGGERED:
        title = body.details.title if body.details else body.summary
        rest = f" at {source_name(entry.source)}: {quoted(title)}"
    return Clause(who=subject or who, did=did, rest=rest, weight=weight)


def _status(who: str, about: Material, entry: Entry, body: e.StatusChanged) -> Clause | None:
    if body.status.is_over:
        rest = f"{end_as(body)}{end_reason(entry, body, _said_before(about, entry))}"
        if entry.actor.is_person:
            return Clause(who=who, did=f"declared it {body.status}", rest=rest, weight=2)
        return Clause(who="it", did=f"was {body.status}", rest=rest, weight=2)
    if not entry.actor.is_person:
        return None
    why = f": {quoted(body.reason)}" if body.reason not in ("", DEFAULT_REASON) else ""
    return Clause(who=who, did=f"set the status to {body.status}", rest=why, weight=2)


def _said_before(about: Material, entry: Entry) -> str:
    """What was said with the last mitigation before an entry."""
    said = [b.said for one, b in entries_of(about.entries, e.Mitigated) if one.seq < entry.seq]
    return said[-1] if said else ""


def _ranked(service: str, verdict: str) -> Clause:
    if service and not verdict:
        did = f"pointed at {inert(service, 80)}"
        return Clause(who="the evidence", did=did, weight=2, dated=True)
    why = f": {inert(verdict, 200)}" if verdict else ""
    return Clause(who="the evidence", did="was in", rest=why or ", and pointed nowhere")


def _of_people(who: str, about: Material, entry: Entry) -> Clause | None:
    match entry.body:
        case e.RoleAssigned() as body:
            return _role_moved(who, about, entry, body)
        case e.Mitigated(at=at, said=said) if at is not None:
            words = f": {quoted(said)}" if said else ""
            return Clause(
                who="users", did="no longer noticed it from", rest=f" onwards{words}", weight=2
            )
        case e.HandoverAnswered(accepted=True):
            return Clause(who=who, did="accepted the hand-over")
        case e.PageAsked(what=what, reason=reason):
            asked = who if entry.actor.is_person else "opsbot"
            why = f": {inert(reason, 160)}" if reason else ""
            return Clause(who=asked, did=f"paged {inert(what, 80)}", rest=why)
        case e.PageActed(state=PageState.FAILED, said=said):
            return Clause(who="the page", did="failed", rest=f": {inert(said, 160)}", weight=2)
        case e.PageAnswered(name=name, accepted=accepted):
            answer = "accepted" if accepted else "declined"
            return Clause(who=inert(name, 60) or "somebody", did=f"{answer} the page")
        case e.PagerNoted():
            rest = ", and a note was left at the pager"
            return Clause(who="Slack", did="could not be reached", rest=rest, weight=2)
        case _:
            return None


def _role_moved(who: str, about: Material, entry: Entry, body: e.RoleAssigned) -> Clause:
    """Whoever did it is the subject, whosever role it was."""
    what = f"the {_role(body.role)}"
    if body.slack_id and not body.gone:
        if entry.actor.id == f"slack:{body.slack_id}":
            return Clause(who=who, did=f"took {what}")
        return Clause(who=who, did=f"gave {inert(body.name, 60) or 'somebody'} {what}")
    had = body if body.gone else _held_by(about, entry, body.role)
    if had is None:
        return Clause(who=who, did=f"left {what} to nobody")
    if entry.actor.id == f"slack:{had.slack_id}":
        return Clause(who=who, did=f"gave up {what}")
    return Clause(who=who, did=f"relieved {inert(had.name, 60) or 'somebody'} of {what}")


def _held_by(about: Material, entry: Entry, role: e.Role) -> e.RoleAssigned | None:
    """The entry by which somebody had the role until this one; of several experts the last."""
    before = (
        body
        for one, body in reversed(entries_of(about.entries, e.RoleAssigned))
        if one.seq < entry.seq and body.role is role
    )
    newest = next(before, None)
    return newest if newest and newest.slack_id and not newest.gone else None


def _role(role: e.Role) -> str:
    return "lead" if role is e.Role.LEAD else f"role of {role}"


_RUN_ENDS = {
    RunOutcome.SUCCEEDED: ("succeeded", ""),
    RunOutcome.FAILED: ("failed", ""),
    RunOutcome.ROLLED_BACK: ("was rolled back", ""),
    RunOutcome.UNKNOWN: ("ended", " without anybody knowing what came of it"),
    RunOutcome.DENIED: ("was denied", ""),
    RunOutcome.EXPIRED: ("expired", ", since nobody had approved it"),
    RunOutcome.WITHDRAWN: ("was withdrawn", ""),
}
_CHECKS = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.UNREADABLE: "could not be read",
}


def _of_runs(who: str, runs: Runs, entry: Entry) -> Clause | None:
    run = runs.get(getattr(entry.body, "run_id", ""))
    if run is None:
        return None
    match entry.body:
        case e.RunRequested(break_glass=glass):
            given = arguments_of(run)
            with_ = f" ({given})" if given else ""
            how = f", breaking the glass: {quoted(glass)}" if glass else ""
            return Clause(who=who, did=f"asked to run {run.name}{with_}", rest=how, weight=2)
        case e.RunApproved():
            return Clause(who=who, did=f"approved {run.name}", weight=2)
        case e.RunDenied(reason=reason):
            by = who if entry.actor.is_person else "a rule"
            return Clause(who=by, did=f"refused {run.name}", rest=f": {quoted(reason)}", weight=2)
        case e.RunVerified(outcome=outcome):
            who = f"the verification of {run.name}"
            return Clause(who=who, did=_CHECKS[outcome], rest=run.seen, weight=2)
        case e.RunFinished(outcome=RunOutcome.SUCCEEDED) if run.verified is not None:
            return None  # the verification has said so
        case e.RunFinished(outcome=outcome):
            did, rest = _RUN_ENDS[outcome]
            if outcome is RunOutcome.ROLLED_BACK:
                rest = " because it had not helped" if run.useless else " because a step had failed"
            return Clause(who=f"the run of {run.name}", did=did, rest=rest, weight=2)
        case e.RunJudged(happened=happened):
            found = "it had happened" if happened else "it had not happened"
            return Clause(who=who, did=f"found out that {found}", weight=2)
        case _:
            return None
