"""Who may do what: every answer is a value with its reason, and says who can instead.

Full members may do everything unless a rule narrows a verb; guests and people from outside may do
nothing unless the configuration lets them in.
"""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.entry import Visibility
from opsbot.core.incident import Incident
from opsbot.core.standing import Standing
from opsbot.core.text import inert, listed

LEAD, RESPONDER, DECLARER = "lead", "responder", "declarer"
ROLES = (LEAD, RESPONDER, DECLARER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One row of `permissions:`: these verbs only for these user groups or roles."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()  # Slack user group ids
    roles: tuple[str, ...] = ()  # lead | responder | declarer
    group_names: tuple[str, ...] = ()  # as people know them, in the order of `groups`


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Yes, and by which rule."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """No: why, in a sentence, and who can."""

    why: str
    who_can: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.why}. {self.who_can}".strip() if self.who_can else f"{self.why}."


def may(
    verb: str,
    who: Standing,
    incident: Incident | None,
    permissions: tuple[Permission, ...],
    *,
    guests: bool = False,
) -> Allowed | Denied:
    """Whether this account may use the verb about this incident."""
    let_in = guests and who.guest and not (who.stranger or who.deactivated or who.bot)
    if who.outsider and not let_in:
        who_can = "Ask a full member of this workspace to do it"
        return Denied(why=_upper(who.outsider), who_can=f"{who_can}.")
    rows = [row for row in permissions if verb in row.verbs]
    if not rows:
        return Allowed(rule="every full member may")
    for row in rows:
        why = _fits(row, who, incident)
        if why:
            return Allowed(rule=why)
    return Denied(why=f"`{verb}` is limited here", who_can=_who_can(rows, incident))


def _fits(row: Permission, who: Standing, incident: Incident | None) -> str:
    names = dict(zip(row.groups, row.group_names, strict=False))
    for group in row.groups:
        if group in who.groups:
            return f"member of {names.get(group, group)}"
    return next((f"{r} of the incident" for r in row.roles if has_role(r, who, incident)), "")


def has_role(role: str, who: Standing, incident: Incident | None) -> bool:
    """Whether the account holds the role in this incident."""
    if incident is None:
        return False
    match role:
        case "lead":
            return incident.lead is not None and incident.lead.slack_id == who.slack_id
        case "responder":
            return any(i.slack_id == who.slack_id for i in incident.surface.invited)
        case "declarer":
            return incident.declared_by == f"slack:{who.slack_id}"
        case _:
            return False


def _who_can(rows: list[Permission], incident: Incident | None) -> str:
    names: list[str] = []
    for row in rows:
        names += [f"members of {name}" for name in (row.group_names or row.groups)]
        for role in row.roles:
            lead = incident.lead if incident and role == LEAD else None
            names.append(f"the {role} ({inert(lead.name, 60)})" if lead else f"the {role}")
    return f"{_upper(listed(tuple(dict.fromkeys(names)), 6))} can."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def may_see(who: Standing, incident: Incident, channel_id: str = "") -> bool:
    """Whether the account may know of the incident at all. A private one is known to those who
    were brought in, who declared or lead it, whom somebody gave a role or asked to take over, and
    inside its own room."""
    if incident.visibility is Visibility.PUBLIC:
        return True
    if channel_id and channel_id == incident.surface.channel_id:
        return True
    return any(has_role(role, who, incident) for role in ROLES) or _is_named(who, incident)


def _is_named(who: Standing, incident: Incident) -> bool:
    living = incident.living
    held = (one.slack_id for ones in living.roles.values() for one in ones)
    asked = living.offer.to_slack_id if living.offer else ""
    return who.slack_id in {*held, asked} - {""}
