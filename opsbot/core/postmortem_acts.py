"""When a postmortem is owed: once an incident was resolved, and again after each change of what it
says."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from opsbot.core.entry import Closure, Mode, Placement, Status
from opsbot.core.incident import REDACTED
from opsbot.core.incident_state import Incident
from opsbot.core.moment import shifted
from opsbot.core.postmortem_rule import WriteWhen
from opsbot.core.unfolding import Owed, Unfolding

WRITE = "write_postmortem"  # purpose of the obligation
# What an incident has to end as for a postmortem nobody asked for: something was wrong, and
# somebody put it right.
_WORTH_ONE = (None, Closure.FIXED, Closure.EXTERNAL)


def owes_postmortem(story: Unfolding, before: Incident) -> None:
    """Owe a postmortem some time after the end; and again a while after the last change of
    something it tells, however many changes there are."""
    state, rule = story.state, story.rules.postmortem
    written = state.living.draft is not None
    if written and _silenced(state) > _silenced(before):
        # What must not be read any more waits for no end and no quiet, and is replaced although
        # nothing else is written any more: the version that says it leaves with the next one alone.
        _owe(story, story.now)
        return
    if rule.when is WriteWhen.NEVER or state.mode is not Mode.LIVE:
        return
    if not state.status.is_over:
        if before.status.is_over:
            story.cancelled.append(WRITE)  # it goes on: what is written when it ends counts
        return
    if not before.status.is_over:
        if written or (rule.when is WriteWhen.RESOLVED and _deserves_one(state)):
            _owe(story, shifted(state.over_at or story.now, rule.delay))
    elif written and what_it_tells(state) != what_it_tells(before):
        _owe(story, shifted(story.now, 2 * rule.delay))


def _silenced(state: Incident) -> int:
    """How many entries were redacted."""
    return sum(why == REDACTED for why in state.unsaid.values())


def _deserves_one(state: Incident) -> bool:
    placed = state.placement in (Placement.ROOM, Placement.THREAD)
    return placed and state.status is Status.RESOLVED and state.closure in _WORTH_ONE


def what_it_tells(state: Incident) -> tuple[object, ...]:
    """What a postmortem is written from and people change after the end; equal while it would say
    the same."""
    living = state.living
    runs = tuple((run.run_id, run.outcome) for run in state.runs.values())
    return (
        state.severity, state.status, state.closure, state.over_at, state.lead, state.impact,
        state.notes, dict(state.unsaid), living.onset, living.mitigated, living.follow_ups,
        dict(living.roles), living.update, runs,
    )  # fmt: skip


def _owe(story: Unfolding, due_at: datetime) -> None:
    """One look at the newest state does for all changes before it, so that earlier ones are
    taken back."""
    seq = str(story.state.seq)
    story.cancelled.append(WRITE)
    given = MappingProxyType({"seq": seq})
    story.owed.append(Owed(purpose=WRITE, key=f"{WRITE}:{seq}", due_at=due_at, arguments=given))
