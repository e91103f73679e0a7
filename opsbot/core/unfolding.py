"""An incident while consequences are drawn: each fact that follows is seen by the next rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from opsbot.core.entry import Body, Draft, Entry
from opsbot.core.incident import Incident, evolve
from opsbot.core.people import OPSBOT, Actor
from opsbot.core.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Work that the record now owes, under a key that runs once."""

    purpose: str
    key: str  # unique within the incident
    due_at: datetime
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(slots=True)
class Unfolding:
    """The incident as each consequence is added. `cause` is the key of the entry that made the
    step, `by` the person whose act it was."""

    state: Incident
    rules: Rules
    now: datetime
    cause: str
    drafts: list[Draft] = field(default_factory=list[Draft])
    by: Actor | None = None
    owed: list[Owed] = field(default_factory=list[Owed])
    cancelled: list[str] = field(default_factory=list[str])
    reasons: list[str] = field(default_factory=list[str])

    def add(self, name: str, body: Body, reason: str, actor: Actor = OPSBOT) -> None:
        draft = Draft(
            key=f"{name}<{self.cause}",
            occurred_at=self.now,
            actor=actor,
            source="opsbot",
            body=body,
        )
        self.drafts.append(draft)
        self.reasons.append(reason)
        self.state = evolve(self.state, _as_entry(self.state, draft, self.now))


def _as_entry(state: Incident, draft: Draft, now: datetime) -> Entry:
    return Entry(
        incident_id=state.id,
        seq=state.seq + 1,
        key=draft.key,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        actor=draft.actor,
        source=draft.source,
        body=draft.body,
    )
