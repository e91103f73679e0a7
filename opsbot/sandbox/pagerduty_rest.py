"""The sandbox PagerDuty's REST v2 API: what may be asked, changed and refused.

Rules and error bodies follow https://developer.pagerduty.com/api-reference/ and its error codes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.pagerduty_account import Account, AccountError, Event, Incident
from opsbot.sandbox.pagerduty_changes import related_change_events
from opsbot.sandbox.pagerduty_limits import RequestBudget, page_of
from opsbot.sandbox.pagerduty_references import PRIORITIES
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.scenario import Person

LONGEST_RANGE = timedelta(days=183)
DEFAULT_RANGE = timedelta(days=30)
MOST_UPDATES = 250

Body = dict[str, Any]
_Answer = Callable[[web.Request], Awaitable[web.Response]]


class Publisher(Protocol):
    """Sends an event to the subscriptions that want it."""

    def publish(self, event: Event) -> object:
        """Build the webhook and put it in line."""
        ...


def error_body(message: str, code: int, details: Iterable[str] = ()) -> Body:
    """Write PagerDuty's error object."""
    body: Body = {"message": message, "code": code}
    if details := list(details):
        body["errors"] = details
    return {"error": body}


class Gate:
    """What every request passes: key, Accept header, request budget; refusals become answers."""

    def __init__(self, keys: dict[str, Person | None], budget: RequestBudget) -> None:
        self._keys = keys
        self._budget = budget

    def guarded(self, answer: _Answer) -> _Answer:
        """Wrap a handler."""

        async def handle(request: web.Request) -> web.Response:
            key = self._key(request)
            if key is None:
                # The real 401 is no JSON either; clients must not choke on it.
                return web.Response(text="Unauthorized\n", status=401)
            allowed, headers = self._budget.take(key)
            if not allowed:
                response = json_answer(error_body("Rate Limit Exceeded", 2020), status=429)
            else:
                response = await self._answered(request, answer)
            response.headers.update(headers)
            return response

        return handle

    async def _answered(self, request: web.Request, answer: _Answer) -> web.Response:
        accept = request.headers.get("Accept", "*/*")
        if not any(kind in accept for kind in ("application/vnd.pagerduty+json", "json", "*/*")):
            return json_answer(error_body("Not Acceptable", 2001), status=406)
        try:
            return await answer(request)
        except AccountError as refused:
            body = error_body(str(refused), refused.code, refused.details)
            return json_answer(body, status=refused.status)

    def _key(self, request: web.Request) -> str | None:
        header = request.headers.get("Authorization", "")
        key = header.removeprefix("Token token=").removeprefix("Bearer ")
        known = key != header and key.strip('"') in self._keys
        return key.strip('"') if known else None

    def requester(self, request: web.Request, account: Account) -> Person:
        """Give who asks for a change: the user of a user key, else the From header's."""
        person = self._keys[self._key(request) or ""]
        if person is not None:
            return person
        email = request.headers.get("From", "")
        if not email:
            raise AccountError(
                'You must specify a user\'s email address in the "From" header '
                "to perform this action",
                2016,
            )
        for candidate in account.people:
            if candidate.email.lower() == email.lower():
                return candidate
        raise AccountError("Requester User Not Found", 1008)


class IncidentApi:
    """Incidents: list, read, change, alerts, log entries, notes, related changes."""

    def __init__(
        self, account: Account, shapes: Shapes, gate: Gate, publisher: Publisher, clock: Clock
    ) -> None:
        self._account = account
        self._shapes = shapes
        self._gate = gate
        self._publisher = publisher
        self._clock = clock

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the routes."""
        guarded = self._gate.guarded
        one = "/incidents/{id}"
        yield web.get("/incidents", guarded(self._list))
        yield web.put("/incidents", guarded(self._update_many))
        yield web.get(one, guarded(self._read))
        yield web.put(one, guarded(self._update))
        yield web.get(f"{one}/alerts", guarded(self._alerts))
        yield web.get(f"{one}/log_entries", guarded(self._log_entries))
        yield web.get(f"{one}/notes", guarded(self._notes))
        yield web.post(f"{one}/notes", guarded(self._annotate))
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
        order = query.get("sort_by", "created_at:asc")
        chosen.sort(key=lambda one: one.number, reverse=order.endswith(":desc"))
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
                for entry, (_, person) in pairs:
                    entry["acknowledger"] = self._shapes.person(person)
        return body

    async def _read(self, request: web.Request) -> web.Response:
        include = request.query.getall("include[]", [])
        return json_answer({"incident": self._written(self._incident(request), include)})

    async def _update(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        incident = self._incident(request)
        self._apply(incident, _object(await _json(request), "incident"), by)
        return json_answer({"incident": self._shapes.incident(incident)})

    async def _update_many(self, request: web.Request) -> web.Response:
        by = self._gate.requester(request, self._account)
        changes = (await _json(request)).get("incidents")
        if not isinstance(changes, list):
            raise _invalid("incidents must be an Array")
        entries = cast("list[Any]", changes)
        if len(entries) > MOST_UPDATES:
            raise _invalid(f"incidents must have at most {MOST_UPDATES} entries")
        bodies = [_object({"incident": entry}, "incident") for entry in entries]
        incidents = [self._account.incident(str(body.get("id", ""))) for body in bodies]
        for incident, body in zip(incidents, bodies, strict=True):
            self._apply(incident, body, by)
        return json_answer({"incidents": [self._shapes.incident(one) for one in incidents]})

    def _apply(self, incident: Incident, change: Body, by: Person) -> None:
        """Make the changes of one incident object, in PagerDuty's order, and tell of each."""
        if change.get("type") not in ("incident", "incident_reference"):
            raise _invalid("type must be incident or incident_reference")
        account = self._account
        if "title" in change:
            account.set_title(incident, str(change["title"]))
        if "priority" in change:
            name = self._priority(change["priority"])
            self._publisher.publish(account.set_priority(incident, name, by))
        if "assignments" in change:
            people = [self._person(entry) for entry in cast("list[Any]", change["assignments"])]
            self._publisher.publish(account.reassign(incident, people, by))
        if "escalation_level" in change:
            level = change["escalation_level"]
            if not isinstance(level, int):
                raise _invalid("escalation_level must be a number")
            self._publisher.publish(account.escalate(incident, by, level))
        if "status" in change:
            self._change_status(incident, change["status"], by)
        if change.get("resolution") and incident.status == "resolved":
            self._publisher.publish(
                account.annotate(incident, by, f"Resolution: {change['resolution']}")
            )

    def _change_status(self, incident: Incident, status: object, by: Person) -> None:
        if status == "acknowledged":
            self._publisher.publish(self._account.acknowledge(incident, by))
        elif status == "resolved":
            self._publisher.publish(self._account.resolve(incident, by))
        elif status == "triggered" and incident.status == "resolved":
            self._publisher.publish(self._account.reopen(incident, by))
        else:
            raise _invalid("status must be acknowledged or resolved")

    def _priority(self, reference: object) -> str | None:
        if reference is None:
            return None
        ident = _object({"priority": reference}, "priority").get("id")
        for name, (known, _) in PRIORITIES.items():
            if known == ident:
                return name
        raise _invalid("Priority not found")

    def _person(self, entry: object) -> Person:
        assignee = _object(_object({"entry": entry}, "entry"), "assignee")
        for person in self._account.people:
            if person.pagerduty_id == assignee.get("id"):
                return person
        raise _invalid("Assignee not found")

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
        content = _object(await _json(request), "note").get("content")
        if not isinstance(content, str):
            raise _invalid("Content cannot be empty.")
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


def _invalid(problem: str) -> AccountError:
    return AccountError("Invalid Input Provided", 2001, problem)


async def _json(request: web.Request) -> Body:
    try:
        body = json.loads(await request.text()) if "json" in request.content_type else None
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise _invalid("params must be a Hash")
    return cast("Body", body)


def _object(body: Body, key: str) -> Body:
    value = body.get(key)
    if not isinstance(value, dict):
        raise _invalid(f"{key} must be a Hash")
    return cast("Body", value)


def moment_of(request: web.Request, name: str, default: datetime) -> datetime:
    """Read a time from the query; raises AccountError for text that is none."""
    text = request.query.get(name)
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(f"{name} is not a valid ISO 8601 time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=default.tzinfo)
