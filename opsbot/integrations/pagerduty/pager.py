"""The Pager port on PagerDuty: who is paged and on call, by e-mail, and notes on incidents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
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
from opsbot.ports import Clock, Done, Outcome, Refused, Unsure

KEPT = timedelta(minutes=5)
_ONE_BY_ONE = 20
"""Up to so many people are asked for one by one; beyond, the account's users are listed."""

_PAGE = 100
_MOST_PAGES = 100  # PagerDuty refuses an offset above 10,000
_AGAIN = timedelta(seconds=30)
_log = logging.getLogger(__name__)


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


@dataclass(slots=True)
class PagerDutyPager:
    """People's addresses come from their own records, since an incident only refers to them."""

    api: PagerDutyApi
    clock: Clock
    from_email: str
    on_call_levels: int
    deadline: float
    _users: _Kept = field(init=False)
    _on_calls: _Kept = field(init=False)

    def __post_init__(self) -> None:
        self._users, self._on_calls = _Kept(self.clock), _Kept(self.clock)

    async def people(
        self, ids: Sequence[str], escalation_policy_id: str
    ) -> Outcome[tuple[Person, ...]]:
        """The people of these ids and whoever is on call for the policy now, each once.

        Somebody PagerDuty has no record of is left out: the caller knows their name. While a
        look-up fails for now, all is refused with the time to come back, for nobody may be taken
        to have no address because of it. On-calls that we may never read are done without.
        """
        wanted = tuple(dict.fromkeys(one for one in ids if one))
        asked = {"users": self._people_of(wanted)}
        if escalation_policy_id:
            asked["on call"] = self._on_call(escalation_policy_id)
        answers, errors = await in_time(asked, self.deadline)
        found = {person.id: person for person in answers.get("users", ())}
        for person in answers.get("on call", ()):
            found.setdefault(person.id, person)
        if errors:
            error = self._gravest(list(errors.values()))
            refused = self._refused(error)
            if refused.retry_after is not None or "users" in errors or not found:
                return refused
            _log.warning("pagerduty: going without who is on call: %s", _words(error))
        return Done(value=tuple(found.values()))

    async def add_note(self, alert_id: str, text: str) -> Outcome[None]:
        """Write a note on the incident; it is never written twice by us without a look."""
        headers = {"From": self.from_email} if self.from_email else {}
        body = {"note": {"content": text}}
        path = f"/incidents/{quote(alert_id, safe='')}/notes"
        try:
            await self.api.act(path, body, headers=headers, timeout=self.deadline)
        except LookUpFailed as failed:
            if 200 <= failed.status < 300:
                return Done(value=None)  # taken; only the answer was unreadable
            if failed.sent and (not failed.status or failed.status >= 500):
                return Unsure(reason=failed.error)
            return self._refused(failed)
        return Done(value=None)

    def _refused(self, error: BaseException) -> Refused:
        if isinstance(error, asyncio.CancelledError):
            words = f"PagerDuty did not answer within {self.deadline:g} s"
            return Refused(error=words, cure="opsbot tries again", retry_after=_AGAIN)
        if not isinstance(error, LookUpFailed):
            words = f"PagerDuty's answer could not be understood ({type(error).__name__})"
            return Refused(error=words, cure="please report this")
        if error.status == 429 or self.api.blocked_for():
            wait = self.api.blocked_for() or _AGAIN
            return Refused(error=error.error, cure="opsbot tries again", retry_after=wait)
        if not error.status or error.status >= 500:
            return Refused(error=error.error, cure="opsbot tries again", retry_after=_AGAIN)
        return Refused(error=error.error, cure=error.cure or "see PagerDuty's own words")

    def _gravest(self, errors: Sequence[BaseException]) -> BaseException:
        """The error to answer with: one that passes, the one that takes longest, before others."""

        def wait(error: BaseException) -> timedelta:
            return self._refused(error).retry_after or timedelta(0)

        return max(errors, key=wait)

    async def _people_of(self, ids: Sequence[str]) -> tuple[Person, ...]:
        unknown = [one for one in ids if self._users.get(one) is None]
        if len(unknown) > _ONE_BY_ONE:
            await self._list_users(frozenset(unknown))
        elif unknown:
            await self._ask_each(unknown)
        return tuple(person for one in ids if (person := self._users.get(one)) is not None)

    async def _ask_each(self, ids: Sequence[str]) -> None:
        asked = {
            one: self.api.get(f"/users/{quote(one, safe='')}", timeout=self.deadline) for one in ids
        }
        answers, errors = await in_time(asked, self.deadline)
        for one, answer in answers.items():
            person = _person(mapping(answer.get("user")))
            if person is not None:
                self._users.put(one, person)
        serious = [error for error in errors.values() if not _is_gone(error)]
        if serious:
            raise self._gravest(serious)

    async def _list_users(self, wanted: frozenset[str]) -> None:
        for page in range(_MOST_PAGES):
            params = [("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
            answer = await self.api.get("/users", params, timeout=self.deadline)
            self._remember(objects(answer.get("users")))
            found = all(self._users.get(one) is not None for one in wanted)
            if found or answer.get("more") is not True:
                return

    def _remember(self, users: Iterable[Mapping[str, Any]]) -> None:
        for user in users:
            person = _person(user)
            if person is not None and person.email:
                self._users.put(person.id, person)

    async def _on_call(self, policy: str) -> tuple[Person, ...]:
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
        users = [
            mapping(entry.get("user")) for entry in entries if _level(entry) <= self.on_call_levels
        ]
        self._remember(users)
        people = {person.id: person for user in users if (person := _person(user)) is not None}
        self._on_calls.put(policy, tuple(people.values()))
        return tuple(people.values())


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


def _words(error: BaseException) -> str:
    return error.reason if isinstance(error, LookUpFailed) else type(error).__name__
