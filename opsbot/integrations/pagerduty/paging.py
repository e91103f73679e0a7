"""Paging over PagerDuty's REST API: people are asked to join an incident, or one is made for them.

After the API reference, "Create a responder request" and "Create an Incident". Requests to respond
are not in every plan, and an incident that is over takes none; then an incident is made instead. A
key that an open incident of the service has is refused (400, code 2002), so one key makes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from opsbot.core.people import Person
from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text, whole
from opsbot.integrations._query_text import web_link
from opsbot.integrations.pagerduty.api import ALREADY_RESOLVED, PagerDutyApi, code_of
from opsbot.integrations.pagerduty.asker import Asker
from opsbot.integrations.pagerduty.outcomes import ADDRESS, not_done, refused
from opsbot.ports import Done, Outcome, Paged, Paging, Refused, Unsure

LONGEST_TITLE = 255
_NOT_IN_PLAN = 402
_KEY_IN_USE = "matching dedup key"
_NO_SERVICE = Refused(
    error="PagerDuty makes an incident only on a service, and the incident here has none",
    cure="page one of the catalogue's services that has a pagerduty_id",
)


@dataclass(frozen=True, slots=True)
class Pages:
    """Sends pages; each is sent once, and never again by itself."""

    api: PagerDutyApi
    deadline: float

    async def send(self, paging: Paging, policy_id: str, asker: Asker) -> Outcome[Paged]:
        """Page people, or the policy's on-call."""
        if not paging.alert_id:
            return await self._make(paging, policy_id, asker)
        if not asker.id:
            error = "PagerDuty knows nobody in whose name to ask"
            return Refused(error=error, cure=ADDRESS)
        outcome = await self._ask_to_join(paging, policy_id, asker)
        if isinstance(outcome, LookUpFailed):
            if not _cannot_join(outcome) or not paging.service_id:
                return not_done(outcome, self.deadline)
            return await self._make(paging, policy_id, asker)
        return outcome

    async def _ask_to_join(
        self, paging: Paging, policy_id: str, asker: Asker
    ) -> Outcome[Paged] | LookUpFailed:
        body = {
            "requester_id": asker.id,
            "message": paging.message,
            "responder_request_targets": [
                {"responder_request_target": target}
                for target in _targets(paging.user_ids, policy_id)
            ],
        }
        path = f"/incidents/{quote(paging.alert_id, safe='')}/responder_requests"
        try:
            answer = await self.api.act(path, body, headers=asker.headers, timeout=self.deadline)
        except LookUpFailed as failed:
            if not 200 <= failed.status < 300:  # taken; only the answer was unreadable
                return failed
            return Done(value=Paged(alert_id=paging.alert_id, people=()))
        people = _asked(mapping(answer.get("responder_request")))
        if not people:  # as for a policy whose schedules are empty right now
            return Unsure(reason="PagerDuty took the request and names nobody whom it reached")
        return Done(value=Paged(alert_id=paging.alert_id, people=people))

    async def _make(self, paging: Paging, policy_id: str, asker: Asker) -> Outcome[Paged]:
        """A high-urgency incident: somebody is to be reached now, whatever the service's rule."""
        if not paging.service_id:
            return _NO_SERVICE
        body: dict[str, Any] = {
            "type": "incident",
            "title": inert(paging.title, LONGEST_TITLE),
            "service": {"id": paging.service_id, "type": "service_reference"},
            "urgency": "high",
            "incident_key": paging.key,
            "body": {"type": "incident_body", "details": paging.message},
        }
        if paging.user_ids:  # PagerDuty takes people or a policy, not both
            body["assignments"] = [{"assignee": target} for target in _targets(paging.user_ids, "")]
        elif policy_id:
            body["escalation_policy"] = {"id": policy_id, "type": "escalation_policy_reference"}
        try:
            answer = await self.api.act(
                "/incidents", {"incident": body}, headers=asker.headers, timeout=self.deadline
            )
        except LookUpFailed as failed:
            return await self._not_made(paging, failed)
        return _made(mapping(answer.get("incident")), already=False)

    async def _not_made(self, paging: Paging, failed: LookUpFailed) -> Outcome[Paged]:
        """An open incident under the key is ours of an earlier try, as one may be that was taken
        without a readable answer."""
        in_use = failed.status == 400 and _KEY_IN_USE in failed.error
        if not in_use and not 200 <= failed.status < 300:
            return not_done(failed, self.deadline)
        params = [
            ("incident_key", paging.key), ("service_ids[]", paging.service_id),
            ("statuses[]", "triggered"), ("statuses[]", "acknowledged"), ("limit", "1"),
        ]  # fmt: skip
        try:
            answer = await self.api.get("/incidents", params, timeout=self.deadline)
        except LookUpFailed as unread:
            return refused(unread, self.deadline) if in_use else Unsure(reason=unread.error)
        found = objects(answer.get("incidents"))
        return _made(found[0] if found else {}, already=in_use)


def _targets(user_ids: Sequence[str], policy_id: str) -> list[dict[str, str]]:
    if user_ids:
        return [{"id": one, "type": "user_reference"} for one in user_ids]
    return [{"id": policy_id, "type": "escalation_policy_reference"}]


def _cannot_join(failed: LookUpFailed) -> bool:
    return failed.status == _NOT_IN_PLAN or code_of(failed) in ALREADY_RESOLVED


def _asked(request: Mapping[str, Any]) -> tuple[Person, ...]:
    """Whom a request reached, each once."""
    people: dict[str, Person] = {}
    for entry in objects(request.get("responder_request_targets")):
        target = mapping(entry.get("responder_request_target"))
        for responder in objects(target.get("incidents_responders")):
            _add(people, mapping(responder.get("user")))
    return tuple(people.values())


def _made(incident: Mapping[str, Any], *, already: bool) -> Outcome[Paged]:
    incident_id = inert(text(incident.get("id")), 100)
    if not incident_id:
        return Unsure(reason="PagerDuty did not say which incident it made")
    people: dict[str, Person] = {}
    for assignment in objects(incident.get("assignments")):
        _add(people, mapping(assignment.get("assignee")))
    paged = Paged(
        alert_id=incident_id, people=tuple(people.values()), already=already, made=True,
        number=whole(incident.get("incident_number")), url=web_link(text(incident.get("html_url"))),
    )  # fmt: skip
    return Done(value=paged)


def _add(people: dict[str, Person], user: Mapping[str, Any]) -> None:
    user_id, name = inert(text(user.get("id")), 100), inert(text(user.get("summary")), 120)
    if user_id:
        people.setdefault(user_id, Person(id=user_id, name=name))
