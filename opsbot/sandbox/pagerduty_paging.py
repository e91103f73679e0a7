"""How programs page over the sandbox PagerDuty's REST API: by an incident they create, and by
asking people to join one.

After PagerDuty's API reference, "Create an Incident" (a key that an open incident of the service
has is refused) and "Create a responder request"; the latter is not in every plan (402).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from aiohttp import web

from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_gate import Body, Gate
from opsbot.sandbox.pagerduty_incident import AccountError
from opsbot.sandbox.pagerduty_references import References
from opsbot.sandbox.pagerduty_responder_shapes import responder_request
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.pagerduty_updates import Publisher, body_of, invalid, object_of
from opsbot.sandbox.scenario import Page, Person, Service, Team

LONGEST_KEY = 255


class PagingApi:
    """POST /incidents and POST /incidents/{id}/responder_requests. Without `plan_has_responders`
    the latter is refused."""

    def __init__(
        self, account: Account, shapes: Shapes, references: References, gate: Gate,
        publisher: Publisher,
    ) -> None:  # fmt: skip
        self._account, self._shapes, self._to = account, shapes, references
        self._gate, self._publisher = gate, publisher
        self.plan_has_responders = True

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the routes."""
        guarded = self._gate.guarded
        yield web.post("/incidents", guarded(self._create, writes=True))
        path = "/incidents/{id}/responder_requests"
        yield web.post(path, guarded(self._ask_to_respond, writes=True))

    async def _create(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        asked = object_of(await body_of(request), "incident")
        if asked.get("type") not in ("incident", "incident_reference"):
            raise invalid("type must be incident")
        title = asked.get("title")
        if not isinstance(title, str) or not title.strip():
            raise invalid("Title cannot be empty.")
        service = self._service(asked.get("service"))
        key = self._key(asked, service)
        people = self._assignees(asked)
        page = Page(
            title=title, service=service.name, urgency=_urgency(asked), assignees=people,
            details=_details(asked),
        )  # fmt: skip
        event = self._account.trigger(page, by, key=key, team=self._policy(asked))
        if people:
            event.incident.assigned_via = "direct_assignment"
        self._publisher.publish(event)
        return json_answer({"incident": self._shapes.incident(event.incident)}, status=201)

    def _service(self, reference: object) -> Service:
        ident = object_of({"service": reference}, "service").get("id")
        for service in self._account.scenario.services:
            if service.pagerduty_id == ident:
                return service
        raise invalid("Service not found")

    def _key(self, asked: Body, service: Service) -> str:
        key = asked.get("incident_key") or ""
        if not isinstance(key, str) or len(key) > LONGEST_KEY:
            raise invalid(f"incident_key must be a String of at most {LONGEST_KEY}")
        for incident in self._account.incidents.values():
            same = key and incident.key == key and incident.service == service
            if same and incident.status != "resolved":
                raise AccountError(
                    "Arguments Caused Error", 2002,
                    "Open incident with matching dedup key already exists on this service",
                )  # fmt: skip
        return key

    def _policy(self, asked: Body) -> Team | None:
        if asked.get("escalation_policy") is None:
            return None
        if asked.get("assignments"):
            raise invalid("Assignments cannot be specified if an escalation policy is given")
        ident = object_of(asked, "escalation_policy").get("id")
        return self._team_of(ident)

    def _team_of(self, policy_id: object) -> Team:
        for team in self._account.scenario.teams:
            if team.policy_id == policy_id:
                return team
        raise invalid("Escalation policy not found")

    def _assignees(self, asked: Body) -> tuple[str, ...]:
        entries = cast("list[Any]", asked.get("assignments") or [])
        people = (object_of(object_of({"entry": one}, "entry"), "assignee") for one in entries)
        return tuple(self._person(one.get("id")).name for one in people)

    def _person(self, user_id: object) -> Person:
        for person in self._account.people:
            if person.pagerduty_id == user_id:
                return person
        raise invalid("User not found")

    async def _ask_to_respond(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        incident = self._account.incident(request.match_info["id"])
        if not self.plan_has_responders:
            raise AccountError(
                "Account does not have the abilities to perform the action", 2014,
                "Required ability: coordinated_responding", status=402,
            )  # fmt: skip
        asked = await body_of(request)
        message, wanted = asked.get("message"), asked.get("responder_request_targets")
        if not isinstance(message, str) or not isinstance(wanted, list):
            raise invalid("message and responder_request_targets are required")
        self._person(asked.get("requester_id"))
        targets = [self._target(one) for one in cast("list[Any]", wanted)]
        before = len(incident.responders)
        for event in self._account.ask_to_respond(incident, targets, by, message):
            self._publisher.publish(event)
        new = incident.responders[before:]
        reached = [
            (target, [one for one in new if target == (one.team or one.person)])
            for target in targets
        ]
        answer = responder_request(self._to, incident, by, message, reached)
        return json_answer({"responder_request": answer})

    def _target(self, entry: object) -> Person | Team:
        target = object_of(object_of({"entry": entry}, "entry"), "responder_request_target")
        kind, ident = target.get("type"), target.get("id")
        if kind in ("user_reference", "user"):
            return self._person(ident)
        if kind in ("escalation_policy_reference", "escalation_policy"):
            return self._team_of(ident)
        raise invalid("type must be user_reference or escalation_policy_reference")


def _urgency(asked: Body) -> Any:
    urgency = asked.get("urgency", "high")
    if urgency not in ("high", "low"):
        raise invalid("urgency must be high or low")
    return urgency


def _details(asked: Body) -> dict[str, str]:
    if asked.get("body") is None:
        return {}
    return {"details": str(object_of(asked, "body").get("details", ""))}
