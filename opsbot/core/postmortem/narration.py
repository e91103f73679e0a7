"""One entry as one sentence of the story, in the past tense, with its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.event import DECLARED, Transition
from opsbot.core.intake import STANDS
from opsbot.core.living_entry import PageState
from opsbot.core.people import ActorKind
from opsbot.core.points import source_name
from opsbot.core.postmortem.factors import DEFAULT_REASON
from opsbot.core.postmortem.material import Material, quoted
from opsbot.core.postmortem.resolution import end_reason
from opsbot.core.postmortem.runs import RunRead, arguments_of
from opsbot.core.run_entry import CheckOutcome, RunOutcome
from opsbot.core.text import inert
from opsbot.core.timeline import said_by
from opsbot.core.told import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence, and how much it matters: 2 what turned the story, 1 what belongs to it."""

    text: str
    weight: int = 1


Runs = Mapping[str, RunRead]


def narrated(about: Material, runs: Runs, entry: Entry) -> Told | None:
    """The sentence of an entry; None for what is no part of the story."""
    when = f"At {about.say(entry.occurred_at)}"
    who = name_of(entry.actor)
    match entry.body:
        case e.Opened(title=title, origin=origin) if origin.source == DECLARED:
            return Told(text=f"{when} {who} declared the incident: {quoted(title)}.", weight=2)
        case e.AlertChanged() as body:
            return _alert(when, who, entry, body)
        case e.Joined(title=title, reason=reason):
            why = inert(reason, 160)
            return Told(text=f"{when} another alert joined: {quoted(title)} ({why}).")
        case e.NoteAdded(text=text) as note:
            return Told(text=f"{when} {said_by(note, who)}: {quoted(text)}.", weight=2)
        case e.StatusChanged() as body:
            return _status(when, who, entry, body)
        case e.SeverityChanged(severity=severity, reason=reason):
            why = f": {inert(reason, 200)}" if reason != DEFAULT_REASON else ""
            return Told(text=f"{when} the severity became {severity}{why}.")
        case e.ImpactSet(text=text) if text:
            return Told(text=f"{when} {who} recorded what users noticed: {quoted(text)}.")
        case e.UpdatePosted(text=text):
            return Told(text=f"{when} {who} told everybody: {quoted(text)}.", weight=2)
        case e.EvidenceComplete() | e.SuspectsRanked():
            return _evidence(when, entry)
        case _:
            return _of_people(about, when, who, entry) or _of_runs(when, who, runs, entry)


_ALERT = {
    Transition.TRIGGERED: ("an alert fired at {source}: {title}", 2),
    Transition.ACKNOWLEDGED: ("{who} acknowledged it", 2),
    Transition.UNACKNOWLEDGED: ("the acknowledgement lapsed", 1),
    Transition.RESOLVED: ("the alert cleared", 2),
    Transition.REOPENED: ("the alert fired again", 2),
}


def _alert(when: str, who: str, entry: Entry, body: e.AlertChanged) -> Told | None:
    known = _ALERT.get(body.transition)
    if known is None or body.event_type == STANDS or entry.actor.kind is ActorKind.OPSBOT:
        return None
    words, weight = known
    title = quoted(body.details.title if body.details else body.summary)
    text = words.format(source=source_name(entry.source), title=title, who=who)
    return Told(text=f"{when} {text}.", weight=weight)


def _status(when: str, who: str, entry: Entry, body: e.StatusChanged) -> Told | None:
    if body.status.is_over:
        how = f" ({body.closure})" if body.closure else ""
        by = f" by {who}" if entry.actor.is_person else ""
        why = end_reason(entry, body)
        return Told(text=f"{when} it was {body.status}{how}{by}{why}.", weight=2)
    if not entry.actor.is_person:
        return None
    why = f": {quoted(body.reason)}" if body.reason not in ("", DEFAULT_REASON) else ""
    return Told(text=f"{when} {who} set the status to {body.status}{why}.", weight=2)


def _evidence(when: str, entry: Entry) -> Told | None:
    match entry.body:
        case e.SuspectsRanked(ranking=ranking) if ranking.suspects and not ranking.verdict:
            first = ranking.suspects[0]
            text = f"{when} the evidence pointed at {inert(first.service, 80)} ({first.confidence})"
            return Told(text=f"{text}.", weight=2)
        case e.SuspectsRanked(ranking=ranking):
            why = inert(ranking.verdict, 200) or "no suspect"
            return Told(text=f"{when} the evidence was in, and there was {why}.")
        case _:
            return None


def _of_people(about: Material, when: str, who: str, entry: Entry) -> Told | None:
    match entry.body:
        case e.RoleAssigned(role=role, slack_id=slack_id, name=name, gone=gone):
            if not slack_id or gone:
                return Told(text=f"{when} {who} gave up the role of {role}.")
            own = entry.actor.id == f"slack:{slack_id}"
            given = f"took the role of {role}" if own else f"made {inert(name, 60)} the {role}"
            return Told(text=f"{when} {who} {given}.")
        case e.Mitigated(at=at, said=said) if at is not None:
            words = f": {quoted(said)}" if said else ""
            since = about.say(at)
            return Told(text=f"From {since} on users no longer noticed it{words}.", weight=2)
        case e.HandoverAnswered(accepted=True):
            return Told(text=f"{when} {who} accepted the hand-over.")
        case e.PageAsked(what=what, reason=reason):
            asked = who if entry.actor.is_person else "opsbot"
            why = f": {inert(reason, 160)}" if reason else ""
            return Told(text=f"{when} {asked} paged {inert(what, 80)}{why}.")
        case e.PageActed(state=PageState.FAILED, said=said):
            return Told(text=f"{when} the page failed: {inert(said, 160)}.", weight=2)
        case e.PageAnswered(name=name, accepted=accepted):
            answer = "accepted" if accepted else "declined"
            return Told(text=f"{when} {inert(name, 60) or 'somebody'} {answer} the page.")
        case e.PagerNoted():
            text = f"{when} Slack could not be reached, and a note was left at the pager."
            return Told(text=text, weight=2)
        case _:
            return None


_RUN_ENDS = {
    RunOutcome.SUCCEEDED: "succeeded",
    RunOutcome.FAILED: "failed",
    RunOutcome.ROLLED_BACK: "failed and was rolled back",
    RunOutcome.UNKNOWN: "ended without anybody knowing what came of it",
    RunOutcome.DENIED: "was denied",
    RunOutcome.EXPIRED: "expired: nobody approved in time",
    RunOutcome.WITHDRAWN: "was withdrawn",
}


def _of_runs(when: str, who: str, runs: Runs, entry: Entry) -> Told | None:
    run = runs.get(getattr(entry.body, "run_id", ""))
    if run is None:
        return None
    match entry.body:
        case e.RunRequested(break_glass=glass):
            given = arguments_of(run)
            how = f" by breaking the glass: {quoted(glass)}" if glass else ""
            with_ = f" ({given})" if given else ""
            return Told(text=f"{when} {who} asked to run {run.name}{with_}{how}.", weight=2)
        case e.RunApproved():
            return Told(text=f"{when} {who} approved {run.name}.", weight=2)
        case e.RunDenied(reason=reason):
            by = f"{who} refused it" if entry.actor.is_person else "it was refused"
            return Told(text=f"{when} {by}: {quoted(reason)}.", weight=2)
        case e.RunVerified(outcome=outcome, said=said):
            known = {CheckOutcome.PASSED: "showed that it helped",
                     CheckOutcome.FAILED: "showed that it had not helped"}.get(
                outcome, "could not be read")  # fmt: skip
            why = f": {inert(said, 200)}" if said else ""
            return Told(text=f"{when} the verification of {run.name} {known}{why}.", weight=2)
        case e.RunFinished(outcome=outcome):
            return Told(text=f"{when} {run.name} {_RUN_ENDS[outcome]}.",
                        weight=1 if outcome is RunOutcome.SUCCEEDED else 2)  # fmt: skip
        case e.RunJudged(happened=happened):
            found = "it had happened" if happened else "it had not happened"
            return Told(text=f"{when} {who} found out that {found}.", weight=2)
        case _:
            return None
