"""What remains of an entry when its words are redacted.

Redaction removes what people and systems *said*; it must not undo what *happened*: taking the
reason out of "resolved" may not reopen the incident, and taking a title out of the opening entry
may not lose its number. So a body that carries state keeps its shape, and all else is `Gone`.
"""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.entry import Body
from opsbot.core.event import AlertDetails, Origin
from opsbot.core.living_redaction import REDACTED, living_remains
from opsbot.core.run_redaction import what_remains_of_run

__all__ = ["REDACTED", "what_remains"]


def what_remains(body: Body) -> Body:
    """`body` without anybody's words: ids, numbers, enumerations and times only."""
    match body:
        case e.Opened():
            return replace(body, title=REDACTED, reason="", origin=_wordless(body.origin))
        case e.Joined():
            return replace(body, title=REDACTED, reason="", origin=_wordless(body.origin))
        case e.AlertChanged():
            return replace(body, summary=REDACTED, details=_facts_only(body.details))
        case e.Routed() | e.SeverityChanged() | e.StatusChanged() | e.EvidenceAsked():
            return replace(body, reason=REDACTED)
        case e.Asked() | e.PagerNoted():
            return replace(body, text=REDACTED)
        case e.Redacted():
            return replace(body, reason=REDACTED)
        case e.EvidenceCollected():
            return _without_findings(body)
        case e.PeopleInvited():
            return _without_names(body)
        case e.SurfaceChanged(what="topic"):
            return replace(body, value=REDACTED)
        case _:
            return _remains_of_people(body)


def _remains_of_people(body: Body) -> Body:
    match body:
        case e.NoteAdded() | e.Unknown() | e.SuspectsRanked():
            return e.Gone()
        case e.RoleAssigned():
            return replace(body, name=REDACTED if body.name else "")
        case e.ImpactSet():
            return replace(body, text=REDACTED)
        case e.PagerActed():
            return replace(body, said="")
        case e.Illustrated():
            return replace(body, title=REDACTED, alt=REDACTED, blob="")
        case _:
            # Others hold no words; only the actor's name goes.
            return living_remains(what_remains_of_run(body))


def _facts_only(details: AlertDetails | None) -> AlertDetails | None:
    """What decisions were made from (priority, urgency, ids, times), without anybody's words."""
    if details is None:
        return None
    people = tuple(replace(person, name="", email="") for person in details.people)
    service = replace(details.service, name=details.service.key)
    return replace(details, title=REDACTED, service=service, people=people, teams=())


def _wordless(origin: Origin) -> Origin:
    """The alert's ids; a dedup key is often built from the alert's title."""
    return replace(origin, dedup_key="")


def _without_findings(body: e.EvidenceCollected) -> e.EvidenceCollected:
    report = replace(
        body.report, query="", findings=(), gaps=(), reason=REDACTED, link="", truncated=""
    )
    return e.EvidenceCollected(report=report)


def _without_names(body: e.PeopleInvited) -> e.PeopleInvited:
    return e.PeopleInvited(
        invited=tuple(replace(person, name="") for person in body.invited),
        missing=tuple(replace(person, name="", reason=REDACTED) for person in body.missing),
    )
