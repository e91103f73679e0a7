"""Changes to incidents as the sandbox PagerDuty's REST API takes them: PUT bodies, made true."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Protocol, cast

from aiohttp import web

from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_incident import AccountError, Event, Incident
from opsbot.sandbox.pagerduty_references import PRIORITIES
from opsbot.sandbox.scenario import Person, Team

Body = dict[str, Any]
LONGEST_SNOOZE = 604_800


class Publisher(Protocol):
    """Sends an event to the subscriptions that want it."""

    def publish(self, event: Event | None) -> object:
        """Build the webhook and put it in line; None sends nothing."""
        ...


class Updates:
    """Makes the changes of one incident object, in PagerDuty's order, and tells of each."""

    def __init__(self, account: Account, publisher: Publisher) -> None:
        self._account = account
        self._publisher = publisher

    def apply(self, incident: Incident, change: Body, by: Person) -> None:
        """Make every change an object asks for; raises AccountError for what makes no sense."""
        if change.get("type") not in ("incident", "incident_reference"):
            raise invalid("type must be incident or incident_reference")
        account, publish = self._account, self._publisher.publish
        if "title" in change:
            account.set_title(incident, str(change["title"]))
        if "urgency" in change:
            account.set_urgency(incident, str(change["urgency"]), by)
        if "priority" in change:
            publish(account.set_priority(incident, _priority(change["priority"]), by))
        if "escalation_policy" in change:
            publish(account.delegate(incident, self._team(change["escalation_policy"]), by))
        if "assignments" in change:
            people = [self._person(entry) for entry in cast("list[Any]", change["assignments"])]
            publish(account.reassign(incident, people, by))
        if "escalation_level" in change:
            level = change["escalation_level"]
            if not isinstance(level, int):
                raise invalid("escalation_level must be a number")
            publish(account.escalate(incident, by, level))
        if "status" in change:
            self._change_status(incident, change["status"], by)
        if change.get("resolution") and incident.status == "resolved":
            publish(account.annotate(incident, by, f"Resolution: {change['resolution']}"))

    def snooze(self, incident: Incident, change: Body, by: Person) -> None:
        """Snooze for `duration` seconds; raises AccountError for a bad one."""
        seconds = change.get("duration")
        if not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_SNOOZE:
            raise invalid("duration must be a number of seconds up to a week")
        self._account.snooze(incident, timedelta(seconds=seconds), by)

    def _change_status(self, incident: Incident, status: object, by: Person) -> None:
        if status == "acknowledged":
            self._publisher.publish(self._account.acknowledge(incident, by))
        elif status == "resolved":
            self._publisher.publish(self._account.resolve(incident, by))
        elif status == "triggered" and incident.status == "resolved":
            self._publisher.publish(self._account.reopen(incident, by))
        else:
            raise invalid("status must be acknowledged or resolved")

    def _person(self, entry: object) -> Person:
        assignee = object_of(object_of({"entry": entry}, "entry"), "assignee")
        for person in self._account.people:
            if person.pagerduty_id == assignee.get("id"):
                return person
        raise invalid("Assignee not found")

    def _team(self, reference: object) -> Team:
        ident = object_of({"escalation_policy": reference}, "escalation_policy").get("id")
        for team in self._account.scenario.teams:
            if team.policy_id == ident:
                return team
        raise invalid("Escalation policy not found")


def _priority(reference: object) -> str | None:
    if reference is None:
        return None
    ident = object_of({"priority": reference}, "priority").get("id")
    for name, (known, _) in PRIORITIES.items():
        if known == ident:
            return name
    raise invalid("Priority not found")


def invalid(problem: str) -> AccountError:
    """Build the refusal of a body or a parameter."""
    return AccountError("Invalid Input Provided", 2001, problem)


async def body_of(request: web.Request) -> Body:
    """Read a JSON object; raises AccountError for anything else."""
    try:
        body = json.loads(await request.text()) if "json" in request.content_type else None
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise invalid("params must be a Hash")
    return cast("Body", body)


def object_of(body: Body, key: str) -> Body:
    """Give the object under a key; raises AccountError when there is none."""
    value = body.get(key)
    if not isinstance(value, dict):
        raise invalid(f"{key} must be a Hash")
    return cast("Body", value)
