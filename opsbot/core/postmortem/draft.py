"""Draft a postmortem: the record in, the whole document as a value out. No model, no clock, no
network: the same record and background give the same document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Visibility
from opsbot.core.incident import Incident
from opsbot.core.measures import Measures
from opsbot.core.naming import slug
from opsbot.core.points import PointName, entries_of
from opsbot.core.postmortem import Postmortem, Sentence, says
from opsbot.core.postmortem.detection import detection
from opsbot.core.postmortem.factors import factor_notes, factors, identified
from opsbot.core.postmortem.figures import figures
from opsbot.core.postmortem.gaps import gaps
from opsbot.core.postmortem.impact import impact, measured, messages
from opsbot.core.postmortem.judgement import went
from opsbot.core.postmortem.lines import lines
from opsbot.core.postmortem.material import (
    NO_BACKGROUND,
    Background,
    Material,
    material,
)
from opsbot.core.postmortem.people import actions, responders
from opsbot.core.postmortem.proposal import propose_alert
from opsbot.core.postmortem.resolution import resolution
from opsbot.core.postmortem.response import response
from opsbot.core.postmortem.runs import runs_told
from opsbot.core.postmortem.story import story
from opsbot.core.postmortem.suggestions import suggestions
from opsbot.core.postmortem.summary import gist, summary
from opsbot.core.redaction import REDACTED
from opsbot.core.text import inert

STEM_LIMIT = 60


def postmortem(
    incident: Incident, entries: Iterable[Entry], background: Background = NO_BACKGROUND
) -> Postmortem:
    """The document of an incident, made from these entries; `incident` is what they fold to."""
    record = tuple(entries)
    about = material(incident, record, background)
    proposal = propose_alert(about)
    opened, stem = about.at(PointName.OPENED), stem_of(incident, record)
    return Postmortem(
        incident_id=incident.id, number=incident.number, title=_title(incident), stem=stem,
        gist=gist(about), private=incident.visibility is Visibility.PRIVATE,
        severity=str(incident.severity), status=str(incident.closure or incident.status),
        service=inert(about.paged, 80), opened_at=opened, head=background.head,
        through=record[-1].seq if record else 0,
        summary=summary(about),
        impact=impact(about), measured=measured(about),
        story=story(about), figures=figures(about, stem),
        factors=factors(about), identified=identified(about), factor_notes=factor_notes(about),
        detection=detection(about), proposal=proposal,
        response=response(about), messages=messages(about),
        resolution=resolution(about),
        timeline=lines(about),
        gaps=gaps(about),
        runs=runs_told(about),
        went_well=went(about, well=True), went_badly=went(about, well=False),
        actions=actions(about), suggestions=suggestions(about, proposal),
        responders=responders(about),
        measures=_measures(about),
        proof=_proof(about, record),
    )  # fmt: skip


def _title(incident: Incident) -> str:
    return "(title redacted)" if incident.title == REDACTED else inert(incident.title, 200)


def _measures(about: Material) -> Measures:
    """The measures as they read in the document, which may be the one that is published."""
    known, published = about.measures, about.points[PointName.PUBLISHED]
    resolved = about.points[PointName.RESOLVED]
    if published.at is not None:
        return known
    why = "known once this document is published" if resolved.at else resolved.how
    return replace(known, measures=tuple(
        replace(one, why_not=why) if one.name == "post_incident" else one for one in known.measures
    ))  # fmt: skip


def _proof(about: Material, record: Sequence[Entry]) -> tuple[Sentence, ...]:
    """What this was made from, and what can be proved of it."""
    number = about.incident.number
    last = record[-1].seq if record else 0
    redacted = len(entries_of(about.entries, e.Redacted))
    made = f"This document was made from entries 1 to {last:,} of the record of INC-{number}"
    without = f", of which {redacted} were redacted" if redacted else ""
    told = [says(f"{made}{without}.")]
    if about.background.head:
        told.append(says(f"The head of the record's chain was then {about.background.head}."))
    told.append(says(
        f"“opsbot verify {number}” recomputes the chain: it proves that no entry up to a head was "
        "changed, reordered or removed since that head was written down. It does not prove that "
        "entries were true or complete, what a redacted entry said, or anything against somebody "
        "who rewrote the database and every head that is compared with."
    ))  # fmt: skip
    return tuple(told)


def stem_of(incident: Incident, entries: Iterable[Entry]) -> str:
    """The document's file name without ending: from the first title, which does not change."""
    name = f"inc-{incident.number}"
    if incident.visibility is Visibility.PRIVATE:
        return f"{name}-private"
    opened = entries_of(entries, e.Opened)[:1]
    title = opened[0][1].title if opened else incident.title
    words = "" if title == REDACTED else slug(title, STEM_LIMIT)
    return f"{name}-{words}" if words else name
