"""FakePager: a pager in memory, for flows. It passes the same contract suite as the real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from opsbot.core.people import Person
from opsbot.ports import Acted, Clock, Done, Outcome, Refused, Unsure

T = TypeVar("T")
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
BOT = Person(id="PBOT", name="opsbot", email="opsbot@example.com")


@dataclass(slots=True, kw_only=True)
class FakeAlert:
    """One incident at the pager: triggered, acknowledged or resolved, and who did that when."""

    status: str = "triggered"
    priority: str = ""
    changed_at: datetime
    by_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeAct:
    """One change that was really made, in whose name."""

    act: str
    alert_id: str
    value: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    outcome: Refused | Unsure
    done_first: bool


class FakePager:
    """The Pager port in memory.

    `users` are known by their address; `on_call` is who is added to everybody asked for. `fail`
    and `lose` decide what happens to the next calls of an act; `acts` is what was really done and
    `calls` every call.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, list[_Failure]] = {}
        self.users: dict[str, Person] = {BOT.email: BOT}
        self.on_call: tuple[Person, ...] = ()
        self.alerts: dict[str, FakeAlert] = {}
        self.acts: list[FakeAct] = []
        self.calls: list[str] = []

    # --- what a test arranges and asks ---------------------------------------------------------

    def add_user(self, id: str, name: str) -> Person:
        """Somebody with an account at the pager."""
        person = Person(id=id, name=name.title(), email=f"{name}@example.com")
        self.users[person.email] = person
        return person

    def trigger(self, alert_id: str) -> None:
        """An incident pages."""
        self.alerts[alert_id] = FakeAlert(changed_at=self._clock.now())

    def fail(self, act: str, outcome: Refused | Unsure, *, times: int = 1) -> None:
        """The next calls of an act do nothing and answer this."""
        failure = _Failure(outcome=outcome, done_first=False)
        self._failures.setdefault(act, []).extend([failure] * times)

    def lose(self, act: str) -> None:
        """The next call of an act is done, and its answer lost."""
        failure = _Failure(outcome=Unsure(reason=f"{act}: no answer in time"), done_first=True)
        self._failures.setdefault(act, []).append(failure)

    def done(self, act: str) -> list[FakeAct]:
        """What was really done of one kind."""
        return [one for one in self.acts if one.act == act]

    # --- the port -----------------------------------------------------------------------------

    async def people(
        self, ids: Sequence[str], escalation_policy_id: str
    ) -> Outcome[tuple[Person, ...]]:
        def do() -> tuple[Person, ...]:
            asked = [one for one in self.users.values() if one.id in ids]
            on_call = self.on_call if escalation_policy_id else ()
            return tuple({person.id: person for person in (*asked, *on_call)}.values())

        return self._answer("people", do)

    async def add_note(self, alert_id: str, text: str, *, as_email: str = "") -> Outcome[None]:
        if alert_id not in self.alerts:
            return _not_found()

        def do() -> None:
            self._did("note", alert_id, text, as_email)

        return self._answer("note", do)

    async def acknowledge(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]:
        return self._set_status("acknowledge", "acknowledged", alert_id, as_email)

    async def resolve(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]:
        return self._set_status("resolve", "resolved", alert_id, as_email)

    async def set_priority(
        self, alert_id: str, priority: str, *, as_email: str = ""
    ) -> Outcome[Acted]:
        alert = self.alerts.get(alert_id)
        if alert is None:
            return _not_found()
        name = priority.strip().upper()
        if name not in PRIORITIES:
            cure = f"use one of {', '.join(PRIORITIES)}"
            return Refused(error=f'no priority "{priority}"', cure=cure)
        if alert.priority == name:
            return Done(value=Acted(at=alert.changed_at, already=True))
        if alert.status == "resolved":
            return Refused(error="Incident Already Resolved", cure="It is over at the pager.")

        def do() -> Acted:
            alert.priority = name
            self._did("priority", alert_id, name, as_email)
            return Acted(at=self._clock.now())

        return self._answer("priority", do)

    # --- inside -------------------------------------------------------------------------------

    def _set_status(self, act: str, status: str, alert_id: str, as_email: str) -> Outcome[Acted]:
        alert = self.alerts.get(alert_id)
        if alert is None:
            return _not_found()

        def do() -> Acted:
            if alert.status in (status, "resolved"):
                return Acted(at=alert.changed_at, by_id=alert.by_id, already=True)
            by = self._did(act, alert_id, "", as_email)
            alert.status, alert.changed_at, alert.by_id = status, self._clock.now(), by.id
            return Acted(at=alert.changed_at, by_id=by.id)

        return self._answer(act, do)

    def _did(self, act: str, alert_id: str, value: str, as_email: str) -> Person:
        by = self.users.get(as_email, BOT)
        self.acts.append(
            FakeAct(act=act, alert_id=alert_id, value=value, by=by, at=self._clock.now())
        )
        return by

    def _answer(self, act: str, do: Callable[[], T]) -> Outcome[T]:
        self.calls.append(act)
        failures = self._failures.get(act)
        if not failures:
            return Done(value=do())
        failure = failures.pop(0)
        if failure.done_first:
            do()
        return failure.outcome


def _not_found() -> Refused:
    return Refused(error="Not Found", cure="The incident is gone at the pager.")
