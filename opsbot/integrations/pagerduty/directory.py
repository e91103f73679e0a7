"""Who and what an account knows: users by id and by e-mail, on-calls, priorities. Kept a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from opsbot.core.people import Person
from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text, whole
from opsbot.integrations._look_up import in_time
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.outcomes import gravest
from opsbot.ports import Clock

KEPT = timedelta(minutes=5)
_ONE_BY_ONE = 20
"""Up to so many people are asked for one by one; beyond, the account's users are listed."""

_PAGE = 100
_MOST_PAGES = 100  # PagerDuty refuses an offset above 10,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A priority of the account, under its own name."""

    id: str
    name: str


@dataclass(slots=True)
class _Kept:
    """Values that are good for five minutes."""

    clock: Clock
    _found: dict[str, tuple[float, Any]] = field(default_factory=dict[str, tuple[float, Any]])

    def get(self, key: str) -> Any:
        until, value = self._found.get(key, (0.0, None))
        return value if self.clock.monotonic() < until else None

    def put(self, key: str, value: Any) -> None:
        self._found[key] = (self.clock.monotonic() + KEPT.total_seconds(), value)


_NOBODY = Person(id="", name="")


@dataclass(slots=True)
class Directory:
    """Look-ups in one account. All raise LookUpFailed."""

    api: PagerDutyApi
    clock: Clock
    deadline: float
    _users: _Kept = field(init=False)
    _by_email: _Kept = field(init=False)
    _on_calls: _Kept = field(init=False)
    _priorities: _Kept = field(init=False)

    def __post_init__(self) -> None:
        self._users, self._by_email = _Kept(self.clock), _Kept(self.clock)
        self._on_calls, self._priorities = _Kept(self.clock), _Kept(self.clock)

    async def people(self, ids: Sequence[str]) -> tuple[Person, ...]:
        """The users of these ids; those PagerDuty has no record of are left out."""
        unknown = [one for one in ids if self._users.get(one) is None]
        if len(unknown) > _ONE_BY_ONE:
            await self._list_users(lambda: all(self._users.get(one) for one in unknown))
        elif unknown:
            await self._ask_each(unknown)
        return tuple(person for one in ids if (person := self._users.get(one)) is not None)

    async def user(self, email: str) -> Person | None:
        """The user who logs in with this address; None when the account has none.

        `query` is documented as matching names and finds addresses in practice; where it does
        not, all users are listed.
        """
        wanted = email.strip().casefold()
        kept: Person | None = self._by_email.get(wanted)
        if kept is None:
            params = [("query", email.strip()), ("limit", str(_PAGE))]
            answer = await self.api.get("/users", params, timeout=self.deadline)
            self._remember(objects(answer.get("users")))
            if self._by_email.get(wanted) is None:
                await self._list_users(lambda: self._by_email.get(wanted) is not None)
            kept = self._by_email.get(wanted)
        if kept is None:
            self._by_email.put(wanted, _NOBODY)
        return kept if kept is not None and kept.id else None

    async def on_call(self, policy: str, levels: int) -> tuple[Person, ...]:
        """Who is on call now on the first so many levels of an escalation policy."""
        kept: tuple[Person, ...] | None = self._on_calls.get(policy)
        if kept is not None:
            return kept
        params = [
            ("escalation_policy_ids[]", policy),
            ("earliest", "true"),
            ("include[]", "users"),
            ("limit", str(_PAGE)),
        ]
        answer = await self.api.get("/oncalls", params, timeout=self.deadline)
        entries = sorted(objects(answer.get("oncalls")), key=_level)
        users = [mapping(entry.get("user")) for entry in entries if _level(entry) <= levels]
        self._remember(users)
        people = {person.id: person for user in users if (person := _person(user)) is not None}
        self._on_calls.put(policy, tuple(people.values()))
        return tuple(people.values())

    async def priorities(self) -> tuple[Priority, ...]:
        """The account's priorities, the gravest first; empty where they are switched off."""
        kept: tuple[Priority, ...] | None = self._priorities.get("")
        if kept is not None:
            return kept
        params = [("limit", str(_PAGE))]
        answer = await self.api.get("/priorities", params, timeout=self.deadline)
        found = tuple(
            Priority(id=text(one.get("id")), name=inert(named, 60))
            for one in objects(answer.get("priorities"))
            if (named := text(one.get("name")) or text(one.get("summary"))) and text(one.get("id"))
        )
        self._priorities.put("", found)
        return found

    async def _ask_each(self, ids: Sequence[str]) -> None:
        asked = {
            one: self.api.get(f"/users/{quote(one, safe='')}", timeout=self.deadline) for one in ids
        }
        answers, errors = await in_time(asked, self.deadline)
        for one, answer in answers.items():
            person = _person(mapping(answer.get("user")))
            if person is not None:
                self._keep(one, person)
        serious = [error for error in errors.values() if not _is_gone(error)]
        if serious:
            raise gravest(serious, self.deadline)

    async def _list_users(self, enough: Callable[[], bool]) -> None:
        for page in range(_MOST_PAGES):
            params = [("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
            answer = await self.api.get("/users", params, timeout=self.deadline)
            self._remember(objects(answer.get("users")))
            if enough() or answer.get("more") is not True:
                return

    def _remember(self, users: Iterable[Mapping[str, Any]]) -> None:
        for user in users:
            person = _person(user)
            if person is not None and person.email:
                self._keep(person.id, person)

    def _keep(self, user_id: str, person: Person) -> None:
        self._users.put(user_id, person)
        if person.email:
            self._by_email.put(person.email.casefold(), person)


def _person(user: Mapping[str, Any]) -> Person | None:
    user_id = inert(text(user.get("id")), 100)
    if not user_id:
        return None
    name = inert(text(user.get("name")) or text(user.get("summary")), 120)
    return Person(id=user_id, name=name, email=inert(text(user.get("email")), 254))


def _level(entry: Mapping[str, Any]) -> int:
    return whole(entry.get("escalation_level")) or 1


def _is_gone(error: BaseException) -> bool:
    return isinstance(error, LookUpFailed) and error.status == 404
