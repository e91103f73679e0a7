"""The sandbox PagerDuty's REST v2 API: what may be asked, changed and refused.

Rules and error bodies follow https://developer.pagerduty.com/api-reference/ and its error codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_changes import related_change_events
from opsbot.sandbox.pagerduty_gate import Body, Gate
from opsbot.sandbox.pagerduty_incident import AccountError, Incident
from opsbot.sandbox.pagerduty_limits import page_of
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.pagerduty_updates import Publisher, Updates, body_of, invalid, object_of
from opsbot.sandbox.scenario import Person

LONGEST_RANGE = timedelta(days=183)
DEFAULT_RANGE = timedelta(days=30)
MOST_UPDATES = 250

_SORTED_BY: dict[str, Callable[[Incident], Any]] = {
    "incident_number": lambda one: one.number,
    "created_at": lambda one: one.number,
    "resolved_at": lambda one: (one.resolved_at or one.created_at, one.number),
    "urgency": lambda one: (one.urgency == "high", one.number),
}


class IncidentApi:
    """Incidents: list, read, change, alerts, log entries, notes, related changes."""

    def __init__(
        self, account: Account, shapes: Shapes, gate: Gate, publisher: Publisher, clock: Clock
    ) -> None:
        self._account = account
        self._shapes = shapes
        self._gate = gate
        self._publisher = publisher
        self._updates = Updates(account, publisher)
        self._clock = clock

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the routes."""
        guarded = self._gate.guarded
        one = "/incidents/{id}"
        yield web.get("/incidents", guarded(self._list))
        yield web.put("/incidents", guarded(self._update_many, writes=True))
        yield web.get(one, guarded(self._read))
        yield web.put(one, guarded(self._update, writes=True))
        yield web.post(f"{one}/snooze", guarded(self._snooze, writes=True))
        yield web.get(f"{one}/alerts", guarded(self._alerts))
        yield web.get(f"{one}/log_entries", guarded(self._log_entries))
        yield web.get(f"{one}/notes", guarded(self._notes))
        yield web.post(f"{one}/notes", guarded(self._annotate, writes=True))
        yield web.get(f"{one}/related_change_events", guarded(self._related_changes))
        yield web.get(f"{one}/past_incidents", guarded(_not_in_plan))
        yield web.get(f"{one}/related_incidents", guarded(_not_in_plan))

    def _incident(self, request: web.Request) -> Incident:
        return self._account.incident(request.match_info["id"])

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        since, until = self._range(request)
        wanted: dict[str, Callable[[Incident], str]] = {
            "statuses[]": lambda one: one.status,
            "urgencies[]": lambda one: one.urgency,
            "service_ids[]": lambda one: one.service.pagerduty_id,
            "team_ids[]": lambda one: one.team.pagerduty_id,
            "incident_key": lambda one: one.key,
        }
        chosen = [
            incident
            for incident in self._account.incidents.values()
            if since <= incident.created_at < until
            and all(
                read(incident) in query.getall(k, [read(incident)]) for k, read in wanted.items()
            )
        ]
        field, _, direction = query.get("sort_by", "created_at:asc").partition(":")
        if field not in _SORTED_BY:
            raise invalid(f"sort_by must be one of {', '.join(_SORTED_BY)}")
        chosen.sort(key=_SORTED_BY[field], reverse=direction == "desc")
        include = query.getall("include[]", [])
        return json_answer(
            page_of("incidents", [self._written(one, include) for one in chosen], query)
        )

    def _range(self, request: web.Request) -> tuple[datetime, datetime]:
        now = self._clock.now()
        if request.query.get("date_range") == "all":
            return datetime.min.replace(tzinfo=now.tzinfo), now + timedelta(days=1)
        until = moment_of(request, "until", now + timedelta(seconds=1))
        since = moment_of(request, "since", until - DEFAULT_RANGE)
        if until - since > LONGEST_RANGE:
            raise AccountError(
                "Invalid Input Provided", 2001, "The time range must be at most 6 months."
            )
        return since, until

    def _written(self, incident: Incident, include: Iterable[str]) -> Body:
        body = self._shapes.incident(incident)
        for name in include:
            if name == "services":
                body["service"] = self._shapes.service(incident.service)
            elif name == "escalation_policies":
                body["escalation_policy"] = self._shapes.policy(incident.team)
            elif name == "priorities" and incident.priority is not None:
                body["priority"] = self._shapes.priority(incident.priority)
            elif name == "first_trigger_log_entries":
                body["first_trigger_log_entry"] = self._shapes.log_entry(incident, incident.log[0])
            elif name in ("assignees", "users"):
                for entry, person in zip(body["assignments"], incident.assignees, strict=True):
                    entry["assignee"] = self._shapes.person(person)
            if name in ("acknowledgers", "users"):
                pairs = zip(body["acknowledgements"], incident.acknowledged, strict=True)
                for entry, (_, agent) in pairs:
                    if isinstance(agent, Person):
                        entry["acknowledger"] = self._shapes.person(agent)
        return body

    async def _read(self, request: web.Request) -> web.Response:
        include = request.query.getall("include[]", [])
        return json_answer({"incident": self._written(self._incident(request), include)})

    async def _update(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        incident = self._incident(request)
        self._updates.apply(incident, object_of(await body_of(request), "incident"), by)
        return json_answer({"incident": self._shapes.incident(incident)})

    async def _update_many(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        changes = (await body_of(request)).get("incidents")
        if not isinstance(changes, list):
            raise invalid("incidents must be an Array")
        entries = cast("list[Any]", changes)
        if len(entries) > MOST_UPDATES:
            raise invalid(f"incidents must have at most {MOST_UPDATES} entries")
        bodies = [object_of({"incident": entry}, "incident") for entry in entries]
        incidents = [self._account.incident(str(body.get("id", ""))) for body in bodies]
        for incident, body in zip(incidents, bodies, strict=True):
            self._updates.apply(incident, body, by)
        return json_answer({"incidents": [self._shapes.incident(one) for one in incidents]})

    async def _snooze(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        incident = self._incident(request)
        self._updates.snooze(incident, await body_of(request), by)
        return json_answer({"incident": self._shapes.incident(incident)}, status=201)

    async def _alerts(self, request: web.Request) -> web.Response:
        alert = self._shapes.alert(self._incident(request))
        return json_answer(page_of("alerts", [alert], request.query))

    async def _log_entries(self, request: web.Request) -> web.Response:
        incident = self._incident(request)
        earliest = incident.created_at - timedelta(seconds=1)
        since = moment_of(request, "since", earliest)
        until = moment_of(request, "until", self._clock.now() + timedelta(seconds=1))
        overview = request.query.get("is_overview") == "true"
        entries = [
            self._shapes.log_entry(incident, entry)
            for entry in reversed(incident.log)
            if since <= entry.at < until and not (overview and entry.kind.startswith("notify"))
        ]
        return json_answer(page_of("log_entries", entries, request.query))

    async def _notes(self, request: web.Request) -> web.Response:
        incident = self._incident(request)
        return json_answer(
            {"notes": [self._shapes.note(note) for note in reversed(incident.notes)]}
        )

    async def _annotate(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        incident = self._incident(request)
        content = object_of(await body_of(request), "note").get("content")
        if not isinstance(content, str):
            raise invalid("Content cannot be empty.")
        event = self._account.annotate(incident, by, content)
        self._publisher.publish(event)
        return json_answer({"note": self._shapes.note(incident.notes[-1])})

    async def _related_changes(self, request: web.Request) -> web.Response:
        incident = self._incident(request)
        events = related_change_events(
            self._account.scenario, self._shapes, self._account.anchor, incident
        )
        return json_answer(
            {"change_events": events, "limit": None, "offset": None, "total": None, "more": False}
        )


async def _not_in_plan(_request: web.Request) -> web.Response:
    message = "Account does not have the abilities to perform the action."
    return json_answer({"error": {"message": message, "errors": ["Required ability"]}}, status=402)


def moment_of(request: web.Request, name: str, default: datetime) -> datetime:
    """Read a time from the query; raises AccountError for text that is none."""
    text = request.query.get(name)
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not a valid ISO 8601 time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=default.tzinfo)
