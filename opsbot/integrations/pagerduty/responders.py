"""People who were asked to join an incident: what a webhook says of one, and what an incident's own
`incidents_responders` say instead when PagerDuty is asked.

After PagerDuty's webhooks overview ("incident_responder", replied: accepted or declined) and the
incident object of its API reference (pending, joined, declined). The log has a request, and no
entry for an answer that is documented, so answers are read from the incident itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsbot.core.event import Reply
from opsbot.core.text import inert
from opsbot.integrations._foreign_json import mapping, objects, text

Json = Mapping[str, Any]
ADDED, REPLIED = "incident.responder.added", "incident.responder.replied"
_ACCEPTED = {"accepted": True, "joined": True, "declined": False}


def reply_of(data: Json) -> Reply | None:
    """What somebody answered; None for a request that waits, or that was taken back."""
    user = mapping(data.get("user"))
    user_id = inert(text(user.get("id")), 100)
    accepted = _ACCEPTED.get(text(data.get("state")))
    if accepted is None or not user_id:
        return None
    policy = mapping(data.get("escalation_policy"))
    return Reply(
        user_id=user_id, name=inert(text(user.get("summary")), 120), accepted=accepted,
        policy_id=inert(text(policy.get("id")), 100),
    )  # fmt: skip


def turns(incident: Json) -> Iterator[tuple[str, str, str, Json, Json]]:
    """Each request and each answer, as (key, type, time, agent, data of a webhook)."""
    for responder in objects(incident.get("incidents_responders")):
        user = mapping(responder.get("user"))
        asked = text(responder.get("requested_at"))
        key = f"responder:{text(user.get('id'))}:{asked}"
        yield key, ADDED, asked, mapping(responder.get("requester")), _data(responder, "pending")
        state = text(responder.get("state"))
        if state in _ACCEPTED:
            answered = text(responder.get("updated_at"))
            accepted = "accepted" if _ACCEPTED[state] else "declined"
            data = {**_data(responder, accepted), "message": None}
            yield f"{key}:{state}:{answered}", REPLIED, answered, user, data


def _data(responder: Json, state: str) -> dict[str, Any]:
    """The message is that of the request; what was answered with it only a webhook tells."""
    return {
        "type": "incident_responder",
        "user": responder.get("user"),
        "escalation_policy": None,
        "message": responder.get("message"),
        "state": state,
    }
