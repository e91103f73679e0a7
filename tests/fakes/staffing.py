"""FakeStaffing: who is on call and paging, in memory, for flows and verbs. It passes the same
contract suite as the real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from opsbot.core.on_call import OnCall
from opsbot.core.people import Person
from opsbot.ports import Done, Outcome, Paged, Paging, Refused, Unsure

T = TypeVar("T")
BOT = Person(id="PBOT", name="opsbot", email="opsbot@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakePage:
    """One page that was really sent: whom it reached, in whose name, by which incident."""

    paging: Paging
    people: tuple[Person, ...]
    by: Person
    alert_id: str
    made: bool


class FakeStaffing:
    """The Staffing port in memory.

    `services` gives a service's policy, `names` a policy's name. `fail` and `lose` decide what
    happens to the next calls of a method; `pages` is what was really sent, `calls` every call.
    """

    def __init__(self) -> None:
        self.users: dict[str, Person] = {BOT.email: BOT}
        self.services: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.duties: dict[str, list[OnCall]] = {}
        self.alerts: set[str] = set()  # incidents that people can be asked to join
        self.plan_has_responders = True
        self.pages: list[FakePage] = []
        self.calls: list[str] = []
        self._failures: dict[str, list[tuple[Refused | Unsure, bool]]] = {}

    # --- what a test arranges and asks ---------------------------------------------------------

    def add_user(self, id: str, name: str, email: str = "") -> Person:
        """Somebody with an account at the pager."""
        address = email or f"{name.split()[0].lower()}@example.com"
        person = Person(id=id, name=name, email=address)
        self.users[person.email] = person
        return person

    def add_policy(self, policy_id: str, name: str, *service_ids: str) -> None:
        """An escalation policy, and the services that page by it."""
        self.names[policy_id] = name
        self.duties.setdefault(policy_id, [])
        self.services |= dict.fromkeys(service_ids, policy_id)

    def put_on_call(
        self, policy_id: str, person: Person, level: int = 1, until: datetime | None = None,
        schedule: str = "",
    ) -> None:  # fmt: skip
        """Somebody is on call from now on."""
        self.duties[policy_id].append(OnCall(
            person=person, level=level, policy_id=policy_id, policy=self.names[policy_id],
            until=until, schedule=schedule,
        ))  # fmt: skip

    def fail(self, method: str, outcome: Refused | Unsure, *, times: int = 1) -> None:
        """The next calls of a method do nothing and answer this."""
        self._failures.setdefault(method, []).extend([(outcome, False)] * times)

    def lose(self, method: str) -> None:
        """The next call of a method is done, and its answer lost."""
        lost = Unsure(reason=f"{method}: no answer in time")
        self._failures.setdefault(method, []).append((lost, True))

    # --- the port -----------------------------------------------------------------------------

    async def on_call(
        self, *, service_id: str = "", policy_id: str = "", fresh: bool = False
    ) -> Outcome[tuple[OnCall, ...]]:
        policy = policy_id or self.services.get(service_id, "")
        if policy not in self.duties:
            return _not_found()
        duties = sorted(self.duties[policy], key=lambda duty: (duty.level, duty.person.name))
        return self._answer("on_call", lambda: tuple(duties))

    async def policies(self, name: str) -> Outcome[tuple[tuple[str, str], ...]]:
        wanted = name.strip().lower()
        found = [one for one in self.names.items() if wanted in one[1].lower()]
        return self._answer("policies", lambda: tuple(found))

    async def person(self, email: str) -> Outcome[Person | None]:
        known = {address.lower(): person for address, person in self.users.items()}
        return self._answer("person", lambda: known.get(email.strip().lower()))

    async def page(self, paging: Paging, *, as_email: str = "") -> Outcome[Paged]:
        policy = paging.policy_id or self.services.get(paging.service_id, "")
        joins = paging.alert_id if self.plan_has_responders else ""
        if paging.alert_id and paging.alert_id not in self.alerts:
            return _not_found()
        if not joins and paging.service_id not in self.services:
            return Refused(error="an incident needs a service", cure="page a service")
        return self._answer("page", lambda: self._sent(paging, policy, joins, as_email))

    # --- inside -------------------------------------------------------------------------------

    def _sent(self, paging: Paging, policy: str, joins: str, as_email: str) -> Paged:
        made = next((one for one in self.pages if one.made and one.paging.key == paging.key), None)
        if made is not None and not joins:
            return Paged(alert_id=made.alert_id, people=made.people, already=True, made=True)
        duties = self.duties.get(policy, [])
        on_call = [duty.person for duty in duties if duty.level == 1]
        chosen = [one for one in self.users.values() if one.id in paging.user_ids]
        people = tuple(chosen if paging.user_ids else on_call)
        alert_id = joins or f"QMADE{len(self.pages) + 1}"
        by = self.users.get(as_email, BOT)
        self.pages.append(
            FakePage(paging=paging, people=people, by=by, alert_id=alert_id, made=not joins)
        )
        self.alerts.add(alert_id)
        return Paged(alert_id=alert_id, people=people, made=not joins)

    def _answer(self, method: str, do: Callable[[], T]) -> Outcome[T]:
        self.calls.append(method)
        failures = self._failures.get(method)
        if not failures:
            return Done(value=do())
        outcome, done_first = failures.pop(0)
        if done_first:
            do()
        return outcome


def _not_found() -> Refused:
    return Refused(error="Not Found", cure="It is gone at the pager.")
