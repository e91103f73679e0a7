"""Which verb an entry is the act of. The permission of that verb holds whichever way somebody comes
to the act: by another verb, by taking something back, by a team's own verb."""

from __future__ import annotations

from collections.abc import Iterable

from opsbot.core import entry as e
from opsbot.core.entry import Body, Role, Status
from opsbot.core.incident import Incident
from opsbot.core.permission import Denied, may
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing


def verbs_of(bodies: Iterable[Body], incident: Incident) -> tuple[str, ...]:
    """The verbs whose acts these entries are, `incident` being as it was without them; none for
    what no verb does."""
    return tuple(verb for body in bodies for verb in _verbs_of(body, incident))


def _verbs_of(body: Body, incident: Incident) -> tuple[str, ...]:
    match body:
        case e.RoleAssigned(role=role):
            return ("lead" if role is Role.LEAD else "role",)
        case e.StatusChanged(status=status):
            return (_ending(status, incident),)
        case e.ImpactSet(since=since):
            onset = incident.living.onset
            moves = since is not None and since != (onset.at if onset else None)
            return ("impact", "onset") if moves else ("impact",)
        case _:
            return (_VERBS[type(body)],) if type(body) in _VERBS else ()


_VERBS: dict[type, str] = {
    e.OnsetSet: "onset", e.Mitigated: "mitigate", e.SeverityChanged: "severity",
    e.NoteAdded: "note", e.UpdatePosted: "update", e.FollowUpSet: "followup",
    e.HandoverOffered: "handover", e.HandoverAnswered: "handover", e.PageAsked: "page",
    e.CadenceSnoozed: "snooze",
}  # fmt: skip


def _ending(status: Status, incident: Incident) -> str:
    """What is over may be closed, which is a status like any other, or opened again."""
    over = incident.status.is_over
    if not status.is_over:
        return "reopen" if over else "status"
    if over or status is Status.CLOSED:
        return "status"
    return "cancel" if status is Status.CANCELLED else "resolve"


def why_not(
    verbs: Iterable[str], who: Standing, incident: Incident, rules: Rules, *, asked: str = ""
) -> str:
    """Why this account may not do all of this, in a sentence that says who can; empty when it may.
    Of the verb that was `asked` for its permission is known already."""
    for verb in dict.fromkeys(verbs):
        found = may(verb, who, incident, rules.permissions, guests=rules.guests)
        if verb != asked and isinstance(found, Denied):
            return found.sentence
    return ""
