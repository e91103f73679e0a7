"""What a person does in Slack follows at the pager: which acts are asked for there, and owed."""

from __future__ import annotations

from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Mode, PagerAct, PagerResult, Status, Visibility
from opsbot.core.event import NO_ALERT
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Alert
from opsbot.core.people import Actor
from opsbot.core.unfolding import Owed, Unfolding


def tells_pager(story: Unfolding, before: Incident) -> None:
    """What a person did in Slack is done at the pager as well, in that person's name."""
    state, rules = story.state, story.rules
    if not rules.tells_pager or state.mode is not Mode.LIVE:
        return
    by = _who_acted(story)
    if by is None:
        return
    firing = [a for a in state.alerts.values() if a.firing and a.origin.source not in NO_ALERT]
    if state.status is Status.RESOLVED and not before.status.is_over:
        for alert in firing:
            _ask_pager(story, PagerAct.RESOLVE, alert, "", by)
    if state.severity is not before.severity and before.seq:
        priority = {s: p for p, s in reversed(rules.severity_by_priority)}.get(state.severity, "")
        for alert in firing:
            if priority and _priority_at_pager(state, alert) != priority:
                _ask_pager(story, PagerAct.PRIORITY, alert, priority, by)
    note = state.last_note
    told = note is not None and note.seq > before.seq and note.by.id.startswith("slack:")
    if note is not None and told and state.visibility is Visibility.PUBLIC and firing:
        _ask_pager(story, PagerAct.NOTE, firing[0], str(note.seq), by)


def _priority_at_pager(state: Incident, alert: Alert) -> str:
    """What the pager holds, or will hold when it has done what was asked of it last."""
    for asked in reversed(state.of_pager):
        if (asked.act, asked.origin_id) == (PagerAct.PRIORITY, alert.origin.id):
            told = alert.details_at is not None and alert.details_at > asked.at
            if not told and asked.result is not PagerResult.REFUSED:
                return asked.value
            break
    return alert.details.priority if alert.details else ""


def _who_acted(story: Unfolding) -> Actor | None:
    """The person in Slack whose act this step is; None for everything that came otherwise."""
    return story.by if story.by is not None and story.by.id.startswith("slack:") else None


def _ask_pager(story: Unfolding, act: PagerAct, alert: Alert, value: str, by: Actor) -> None:
    body = e.PagerAsked(act=act, origin_id=alert.origin.id, value=value)
    story.add(f"pager:{act}:{alert.origin.id}", body, f"{act} at the pager", by)


def owes_pager(story: Unfolding, before: Incident) -> None:
    """Every act that was asked for is owed, the verbs' own and those that follow."""
    for asked in story.state.of_pager:
        if asked.seq > before.seq and asked.result is None:
            owed = Owed(
                purpose="tell_pager", key=f"tell_pager:{asked.seq}", due_at=story.now,
                arguments=MappingProxyType({"asked": str(asked.seq)}),
            )  # fmt: skip
            story.owed.append(owed)
