"""What `opsbot doctor` and `opsbot init` ask of a PagerDuty account: is the key good, who is on
call, which services exist, and where webhooks go.

Source: PagerDuty's API reference. Lists come in pages of at most 100.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from opsbot.core.people import Person
from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, objects, text
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.subscriptions import list_subscriptions

_PAGE = 100
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedService:
    """A service as PagerDuty knows it."""

    id: str
    name: str
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook subscription; its secret is shown once, when it is made, and never again."""

    id: str
    url: str
    active: bool
    disabled: bool  # switched off for a day, after three refused deliveries
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Questions to one account; every one of them raises LookUpFailed."""

    api: PagerDutyApi
    deadline: float

    async def key_works(self) -> None:
        """Ask for as little as possible."""
        await self.api.get("/services", [("limit", "1")], timeout=self.deadline)

    async def owner(self) -> Person | None:
        """The user whose key it is; None for a key of the account."""
        try:
            answer = await self.api.get("/users/me", timeout=self.deadline)
        except LookUpFailed as failed:
            if failed.status in (400, 403, 404):  # "not a user's token", in several words
                return None
            raise
        return _person(mapping(answer.get("user")))

    async def user_with(self, email: str) -> Person | None:
        """The user with this login address; None when there is none."""
        async for user in _Pages(self, "/users", "users"):
            if text(user.get("email")).lower() == email.lower():
                return _person(user)
        return None

    async def on_calls(self) -> tuple[Person, ...]:
        """Everybody who is on call right now, on any level of any policy, each once."""
        params = [("earliest", "true"), ("include[]", "users")]
        found: dict[str, Person] = {}
        async for entry in _Pages(self, "/oncalls", "oncalls", params):
            person = _person(mapping(entry.get("user")))
            if person is not None:
                found.setdefault(person.id, person)
        return tuple(found.values())

    async def services(self) -> tuple[PagedService, ...]:
        """Every service with its first team."""
        pages = _Pages(self, "/services", "services", [("include[]", "teams")])
        found = [_service(service) async for service in pages]
        return tuple(service for service in found if service.id and service.name)

    async def latest_incident(self) -> str:
        """The id of the newest incident of the last 30 days; "" when there was none."""
        params = [("limit", "1"), ("sort_by", "created_at:desc")]
        answer = await self.api.get("/incidents", params, timeout=self.deadline)
        return next((text(one.get("id")) for one in objects(answer.get("incidents"))), "")

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Every webhook subscription that the key may see."""
        found = await list_subscriptions(self.api, self.deadline)
        return tuple(_subscription(one) for one in found)

    async def ping(self, subscription_id: str) -> None:
        """Have the subscription send its test event."""
        path = f"/webhook_subscriptions/{quote(subscription_id, safe='')}/ping"
        try:
            await self.api.act(path, {}, headers={}, timeout=self.deadline)
        except LookUpFailed as failed:
            if not 200 <= failed.status < 300:  # it answers without a body
                raise


class _Pages:
    """The objects of a list, page after page; a list without an end is given up."""

    def __init__(
        self, account: Account, path: str, key: str, params: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._account, self._path, self._key = account, path, key
        self._params = params
        self._held: list[dict[str, Any]] = []
        self._page, self._more = 0, True

    def __aiter__(self) -> _Pages:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while not self._held:
            if not self._more or self._page >= _MOST_PAGES:
                raise StopAsyncIteration
            offset = str(self._page * _PAGE)
            params = [*self._params, ("limit", str(_PAGE)), ("offset", offset)]
            account = self._account
            answer = await account.api.get(self._path, params, timeout=account.deadline)
            self._held = objects(answer.get(self._key))
            self._more = answer.get("more") is True
            self._page += 1
        return self._held.pop(0)


def _person(user: Mapping[str, Any]) -> Person | None:
    user_id = inert(text(user.get("id")), 100)
    if not user_id:
        return None
    name = inert(text(user.get("name")) or text(user.get("summary")), 120)
    return Person(id=user_id, name=name, email=inert(text(user.get("email")), 254))


def _service(service: Mapping[str, Any]) -> PagedService:
    teams = objects(service.get("teams"))
    team = next((text(one.get("name")) or text(one.get("summary")) for one in teams), "")
    return PagedService(
        id=inert(text(service.get("id")), 100),
        name=inert(text(service.get("name")) or text(service.get("summary")), 200),
        team=inert(team, 120),
    )


def _subscription(one: Mapping[str, Any]) -> Subscription:
    method = mapping(one.get("delivery_method"))
    return Subscription(
        id=text(one.get("id")),
        url=text(method.get("url")),
        active=one.get("active") is not False,
        disabled=method.get("temporarily_disabled") is True,
        events=tuple(text(name) for name in items(one.get("events"))),
    )
