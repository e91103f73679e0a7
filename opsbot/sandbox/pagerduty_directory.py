"""What stands still in the sandbox PagerDuty: people, services, policies, who is on call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_changes import change_events
from opsbot.sandbox.pagerduty_gate import Gate
from opsbot.sandbox.pagerduty_incident import AccountError
from opsbot.sandbox.pagerduty_limits import page_of
from opsbot.sandbox.pagerduty_references import PRIORITIES
from opsbot.sandbox.pagerduty_rest import moment_of
from opsbot.sandbox.pagerduty_shapes import Shapes

CHANGES_KEPT = timedelta(days=90)


class DirectoryApi:
    """Users, services, escalation policies, on-calls, priorities and change events."""

    def __init__(self, account: Account, shapes: Shapes, gate: Gate, clock: Clock) -> None:
        self._account = account
        self._shapes = shapes
        self._gate = gate
        self._clock = clock

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the routes."""
        guarded = self._gate.guarded
        yield web.get("/users", guarded(self._users))
        yield web.get("/users/{id}", guarded(self._user))
        yield web.get("/services", guarded(self._services))
        yield web.get("/services/{id}", guarded(self._service))
        yield web.get("/services/{id}/change_events", guarded(self._service_changes))
        yield web.get("/change_events", guarded(self._changes))
        yield web.get("/escalation_policies", guarded(self._policies))
        yield web.get("/escalation_policies/{id}", guarded(self._policy))
        yield web.get("/priorities", guarded(self._priorities))
        yield web.get("/oncalls", guarded(self._on_calls))

    async def _users(self, request: web.Request) -> web.Response:
        wanted = request.query.get("query", "").lower()
        people = [
            self._shapes.person(person)
            for person in self._account.people
            if wanted in person.name.lower()
        ]
        return json_answer(page_of("users", people, request.query))

    async def _user(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        if wanted == "me":
            owner = self._gate.owner(request)
            if owner is None:
                raise AccountError("Bad Request", 2001, "An account key belongs to no user.")
            wanted = owner.pagerduty_id
        for person in self._account.people:
            if person.pagerduty_id == wanted:
                return json_answer({"user": self._shapes.person(person)})
        raise _not_found()

    async def _services(self, request: web.Request) -> web.Response:
        wanted = request.query.get("query", "").lower()
        services = [
            self._shapes.service(service)
            for service in self._account.scenario.services
            if wanted in service.name.lower()
        ]
        return json_answer(page_of("services", services, request.query))

    async def _service(self, request: web.Request) -> web.Response:
        for service in self._account.scenario.services:
            if service.pagerduty_id == request.match_info["id"]:
                return json_answer({"service": self._shapes.service(service)})
        raise _not_found()

    async def _policies(self, request: web.Request) -> web.Response:
        wanted = request.query.get("query", "").lower()
        policies = [
            policy
            for team in self._account.scenario.teams
            if wanted in (policy := self._shapes.policy(team))["name"].lower()
        ]
        return json_answer(page_of("escalation_policies", policies, request.query))

    async def _policy(self, request: web.Request) -> web.Response:
        for team in self._account.scenario.teams:
            if team.policy_id == request.match_info["id"]:
                return json_answer({"escalation_policy": self._shapes.policy(team)})
        raise _not_found()

    async def _priorities(self, request: web.Request) -> web.Response:
        priorities = [self._shapes.priority(name) for name in PRIORITIES]
        return json_answer(page_of("priorities", priorities, request.query))

    def _change_list(self, request: web.Request) -> list[dict[str, Any]]:
        now = self._clock.now()
        since = moment_of(request, "since", now - CHANGES_KEPT)
        until = min(now, moment_of(request, "until", now))
        account = self._account
        return change_events(account.scenario, self._shapes, account.anchor, since, until)

    async def _changes(self, request: web.Request) -> web.Response:
        return json_answer(page_of("change_events", self._change_list(request), request.query))

    async def _service_changes(self, request: web.Request) -> web.Response:
        ident = request.match_info["id"]
        own = [
            event
            for event in self._change_list(request)
            if any(service["id"] == ident for service in event["services"])
        ]
        return json_answer(page_of("change_events", own, request.query))

    async def _on_calls(self, request: web.Request) -> web.Response:
        query = request.query
        include = query.getall("include[]", [])
        found: list[dict[str, Any]] = []
        for team in self._account.scenario.teams:
            for level, names in enumerate(team.levels, start=1):
                for person in (self._account.scenario.person(name) for name in names):
                    ids = {
                        "escalation_policy_ids[]": team.policy_id,
                        "schedule_ids[]": team.schedule_id,
                        "user_ids[]": person.pagerduty_id,
                    }
                    if any(ident not in query.getall(key, [ident]) for key, ident in ids.items()):
                        continue
                    entry = self._shapes.on_call(team, level, person, self._clock.now())
                    if "users" in include:
                        entry["user"] = self._shapes.person(person)
                    if "escalation_policies" in include:
                        entry["escalation_policy"] = self._shapes.policy(team)
                    found.append(entry)
        return json_answer(page_of("oncalls", found, query))


def _not_found() -> AccountError:
    return AccountError("Not Found", 2100, status=404)
