"""Who answered, how fast, who led, who was brought in, and how people were kept informed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Role
from opsbot.core.evidence import Health
from opsbot.core.living_entry import PageState
from opsbot.core.measures import exactly
from opsbot.core.moment import lasting
from opsbot.core.points import PointName, entries_of, source_name
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.material import Material, quoted, unless_at_once
from opsbot.core.text import count, inert, listed
from opsbot.core.told import name_of


def response(about: Material) -> tuple[Sentence, ...]:
    """The answer to the page, told by matter rather than by time."""
    return (
        *_acknowledged(about),
        *_lead(about),
        *_brought_in(about),
        *_paged_by_hand(about),
        *_looked(about),
        *_updates(about),
        *_statuses(about),
    )


def _acknowledged(about: Material) -> list[Sentence]:
    point, measure = about.points[PointName.ACKNOWLEDGED], about.measures["time_to_acknowledge"]
    if point.at is None:
        return [says("There was no page to acknowledge." if "no page" in point.how else
                     "Nobody acknowledged the page.")]  # fmt: skip
    after = unless_at_once(measure.shown, f"{measure.shown} after it was detected")
    length = f", {after}" if measure.value is not None else ""
    when = about.say(point.at)
    return [says(f"The page was acknowledged {point.how} at {when}{length}.", *point.entries)]


def leads(about: Material) -> list[tuple[Entry, e.RoleAssigned]]:
    """Every change of the lead."""
    roles = entries_of(about.entries, e.RoleAssigned)
    return [(entry, body) for entry, body in roles if body.role is Role.LEAD]


def _lead(about: Material) -> list[Sentence]:
    changes = leads(about)
    if not changes:
        return [says("Nobody led it.")]
    told: list[Sentence] = []
    holder = account = ""
    for entry, body in changes:
        name, when = inert(body.name or "somebody", 60), about.say(entry.occurred_at)
        if not body.slack_id and holder and entry.actor.id != f"slack:{account}":
            text = f"{name_of(entry.actor)} relieved {holder} of the lead at {when}."
        elif not body.slack_id:
            text = f"{holder or 'The lead'} gave it up at {when}."
        elif holder:
            text = f"The lead went from {holder} to {name} at {when}."
        else:
            text = f"{name} took the lead at {when}."
        told.append(says(text, entry.seq))
        holder, account = (name, body.slack_id) if body.slack_id else ("", "")
    offers = entries_of(about.entries, e.HandoverOffered)
    refused = [one for one, b in entries_of(about.entries, e.HandoverAnswered) if not b.accepted]
    if refused:
        told.append(says(f"{count(len(offers), 'hand-over')} offered, {len(refused)} declined.",
                         *(one.seq for one in refused)))  # fmt: skip
    return told


def _brought_in(about: Material) -> list[Sentence]:
    told: list[Sentence] = []
    invited: dict[str, int] = {}
    missing: dict[str, tuple[str, int]] = {}
    for entry, body in entries_of(about.entries, e.PeopleInvited):
        for person in body.invited:
            invited.setdefault(inert(person.name, 60) or "somebody", entry.seq)
            missing.pop(inert(person.name, 60), None)
        for person in body.missing:
            missing[inert(person.name, 60) or "somebody"] = (inert(person.reason, 160), entry.seq)
    if invited:
        told.append(says(f"Brought into the room: {listed(tuple(invited), 8)}.",
                         *invited.values()))  # fmt: skip
    for name, (reason, seq) in missing.items():
        told.append(says(f"{name} could not be brought in: {reason}.", seq))
    return told


def _paged_by_hand(about: Material) -> list[Sentence]:
    told: list[Sentence] = []
    acted = {body.asked: (entry, body) for entry, body in entries_of(about.entries, e.PageActed)}
    for entry, body in entries_of(about.entries, e.PageAsked):
        who = name_of(entry.actor) if entry.actor.is_person else "opsbot"
        why = f" ({inert(body.reason, 160)})" if body.reason else ""
        said = f"{who} paged {inert(body.what, 80)} at {about.say(entry.occurred_at)}{why}"
        outcome = acted.get(entry.seq)
        if outcome is None:
            told.append(says(f"{said}; what came of it is not on the record.", entry.seq))
            continue
        reached, came = outcome
        names = listed(tuple(inert(name, 60) for name in came.names)) or "nobody"
        end = {
            PageState.SENT: f"it reached {names}",
            PageState.FAILED: f"that failed: {inert(came.said, 160)}",
            PageState.UNSURE: "nobody can say whether it went out",
        }[came.state]
        told.append(says(f"{said}; {end}.", entry.seq, reached.seq))
    for entry, body in entries_of(about.entries, e.PageAnswered):
        verb = "accepted" if body.accepted else "declined"
        when = about.say(entry.occurred_at)
        told.append(says(f"{inert(body.name, 60) or 'Somebody'} {verb} at {when}.", entry.seq))
    return told


def _looked(about: Material) -> list[Sentence]:
    """How soon the evidence was in."""
    asked = {
        entry.seq: entry for entry, b in entries_of(about.entries, e.EvidenceAsked) if not b.look
    }
    for entry, body in entries_of(about.entries, e.EvidenceComplete):
        first = asked.get(body.asked) or next(iter(asked.values()), None)
        if first is None:
            continue
        length = lasting(entry.occurred_at - first.occurred_at)
        when = unless_at_once(length, f"after {length}")
        return [says(_answered(about, body, when), first.seq, entry.seq)]
    return []


def _answered(about: Material, body: e.EvidenceComplete, when: str) -> str:
    """How many sources had; one that could not be reached has not."""
    dark = {report.source for report, _ in about.reports if report.health is Health.UNREACHABLE}
    late = (*(source for source in body.answered if source in dark), *body.silent)
    every = len(body.answered) + len(body.silent)
    if not late:
        whole = f"All {every} evidence sources" if every > 1 else "The only evidence source"
        return f"{whole} had answered {when}."
    names = listed(tuple(source_name(source) for source in late), 6)
    if len(late) == every:
        none = f"Not one of {every} evidence sources" if every > 1 else "The only evidence source"
        return f"{none} ({names}) had {'' if every > 1 else 'not '}answered {when}."
    some = f"{every - len(late)} of {every} evidence sources"
    return f"{some} had answered {when}; {names} had not."


def updates(about: Material) -> list[tuple[Entry, e.UpdatePosted]]:
    """Every update that was posted."""
    return entries_of(about.entries, e.UpdatePosted)


def _updates(about: Material) -> list[Sentence]:
    posted = updates(about)
    if not posted:
        return [says("No update was posted.")]
    seqs = [entry.seq for entry, _ in posted]
    last, words = posted[-1]
    said = f"the last at {about.say(last.occurred_at)}: {quoted(words.text)}"
    told = [says(f"{count(len(posted), 'update')} went out, {said}.", *seqs)]
    silence = longest_silence([entry.occurred_at for entry, _ in posted])
    if silence is not None:
        told.append(says(f"The longest silence between two was {exactly(silence)}.", *seqs))
    return told


def longest_silence(times: Sequence[datetime]) -> timedelta | None:
    """The longest stretch between neighbours; None for fewer than two."""
    ordered = sorted(times)
    return max((after - before for before, after in pairwise(ordered)), default=None)


def _statuses(about: Material) -> list[Sentence]:
    changes = entries_of(about.entries, e.StatusChanged)
    if len(changes) < 2:
        return []
    path = [f"{body.status} {about.say(entry.occurred_at)}" for entry, body in changes[:10]]
    more = f" and {len(changes) - 10} more" if len(changes) > 10 else ""
    seqs = (entry.seq for entry, _ in changes)
    return [says(f"The status went: {', '.join(path)}{more}.", *seqs)]
