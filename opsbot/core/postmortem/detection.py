"""How it was noticed: by which alert or whom, how soon, and whether the likely cause had one."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.event import DECLARED, NO_ALERT, Transition
from opsbot.core.evidence import FindingKind
from opsbot.core.points import PointName, entries_of, source_name
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.material import Material, quoted
from opsbot.core.text import count, inert
from opsbot.core.told import name_of


def detection(about: Material) -> tuple[Sentence, ...]:
    """How, how soon, and what did not announce it."""
    return (*_how(about), *_how_soon(about), *_others(about), *_on_the_cause(about))


def _how(about: Material) -> list[Sentence]:
    detected = about.points[PointName.DETECTED]
    if detected.at is None:
        return [says(f"How it was noticed is not known: {detected.how}.")]
    entry = next(one for one in about.entries if one.seq == detected.entries[0])
    when = about.say(detected.at)
    match entry.body:
        case e.AlertChanged(details=details, summary=summary):
            title = details.title if details else summary
            of = inert(details.service.name, 80) if details and details.service.name else ""
            whose = f" of {of}" if of else ""
            where = source_name(entry.source)
            told = f"At {when} an alert{whose} fired at {where}: {quoted(title)}."
            return [says(told, entry.seq)]
        case e.Opened(origin=origin, title=title) if origin.source == DECLARED:
            who = name_of(entry.actor)
            told = f"{who} noticed it and declared the incident at {when}: {quoted(title)}."
            return [says(told, entry.seq), says("No alert had fired by then.", entry.seq)]
        case e.Opened(origin=origin, title=title):
            where = source_name(origin.source)
            told = f"The first that was heard of it came from {where} at {when}: {quoted(title)}."
            return [says(told, entry.seq)]
        case _:
            return [says(f"It was noticed at {when} ({detected.how}).", *detected.entries)]


def _how_soon(about: Material) -> list[Sentence]:
    measure = about.measures["time_to_detect"]
    started = about.points[PointName.IMPACT_STARTED]
    if measure.out_of_order:
        return [says(f"The times are {measure.why_not}.", *measure.entries)]
    if measure.value is None or started.at is None:
        return [says("How long it had gone unnoticed is not known.", *measure.entries)]
    return [says(f"By then it had gone on for {measure.shown}, since {about.say(started.at)} "
                 f"({started.how}).", *measure.entries)]  # fmt: skip


def _others(about: Material) -> list[Sentence]:
    joined = [one for one in entries_of(about.entries, e.Joined)
              if one[1].origin.source not in NO_ALERT]  # fmt: skip
    if not joined:
        return []
    more = count(len(joined), "more alert")
    return [says(f"{more} joined it later.", *(entry.seq for entry, _ in joined))]


def has_alert_on(about: Material, service: str) -> bool:
    """Whether any alert, of the incident or told of by its sources, was about this service."""
    if service in _alerting(about):
        return True
    return any(
        s.finding.kind is FindingKind.ALERT and s.finding.service == service
        for s in about.findings
    )  # fmt: skip


def _alerting(about: Material) -> set[str]:
    """The services whose alerts fired, by our own names where the catalogue knows them."""
    found: set[str] = set()
    for _, body in entries_of(about.entries, e.AlertChanged):
        if body.transition is Transition.TRIGGERED and body.details is not None:
            known = about.background.catalogue.find(body.details.service)
            found |= {known.name if known else body.details.service.name,
                      body.details.service.key or body.details.service.name}  # fmt: skip
    declared = about.incident.declared_by
    return found if declared else found | {about.paged}


def _on_the_cause(about: Material) -> list[Sentence]:
    suspect = about.suspect
    if not suspect or has_alert_on(about, suspect):
        return []
    name, because = inert(suspect, 80), about.ranked_in
    if about.incident.declared_by and not _alerting(about):
        return [says(f"The evidence points at {name}, and no alert announced it.", *because)]
    paged = inert(about.paged, 80) or "another service"
    return [says(f"The page came from {paged}, while the evidence points at {name}: no alert there "
                 "announced it.", *because)]  # fmt: skip


def by_person(about: Material) -> bool:
    """Whether a person was first: they declared it before any alert fired."""
    detected = about.points[PointName.DETECTED]
    first = next((one.body for one in about.entries if one.seq in detected.entries), None)
    return isinstance(first, e.Opened) and first.origin.source == DECLARED


def by_alert(about: Material) -> bool:
    """Whether an alert was first, and not a person."""
    detected = about.points[PointName.DETECTED]
    first = next((one.body for one in about.entries if one.seq in detected.entries), None)
    return isinstance(first, e.AlertChanged)
