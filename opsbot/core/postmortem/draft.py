"""Draft a postmortem: the record in, the whole document as a value out. No model, no clock, no
network: the same record and background give the same document."""

from __future__ import annotations

from collections.abc import Iterable

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Visibility
from opsbot.core.incident import Incident
from opsbot.core.naming import slug
from opsbot.core.points import PointName, entries_of, source_name
from opsbot.core.postmortem import Figure, Line, Postmortem, Sentence, says
from opsbot.core.postmortem.detection import detection
from opsbot.core.postmortem.factors import factor_notes, factors
from opsbot.core.postmortem.figures import pictures_of
from opsbot.core.postmortem.gaps import gaps
from opsbot.core.postmortem.impact import impact, measured, messages
from opsbot.core.postmortem.judgement import went
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
from opsbot.core.postmortem.summary import summary
from opsbot.core.redaction import REDACTED
from opsbot.core.text import inert
from opsbot.core.timeline import build_timeline

STEM_LIMIT = 60


def postmortem(
    incident: Incident, entries: Iterable[Entry], background: Background = NO_BACKGROUND
) -> Postmortem:
    """The document of an incident, made from these entries; `incident` is what they fold to."""
    record = tuple(entries)
    about = material(incident, record, background)
    proposal = propose_alert(about)
    drafted = _head(about, record)
    return Postmortem(
        **drafted,  # type: ignore[arg-type] # the fields of the head, by name
        summary=summary(about),
    )


def stem_of(incident: Incident, entries: Iterable[Entry]) -> str:
    """The document's file name without ending: from the first title, which does not change."""
    name = f"inc-{incident.number}"
    if incident.visibility is Visibility.PRIVATE:
        return f"{name}-private"
    opened = entries_of(entries, e.Opened)[:1]
    title = opened[0][1].title if opened else incident.title
    words = "" if title == REDACTED else slug(title, STEM_LIMIT)
    return f"{name}-{words}" if words else name
