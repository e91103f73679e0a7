"""The Pager port on PagerDuty: people with their addresses, and notes.

Source: https://developer.pagerduty.com/api-reference (GET /users/{id}, GET /oncalls,
POST /incidents/{id}/notes).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from opsbot.core.people import Person
from opsbot.core.text import cut, inert
from opsbot.integrations import SecretUnavailable
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.ports import Clock, Done, HttpFailure, Outcome, Refused, Unsure

KEPT_FOR = 300.0  # seconds an address or a rota is believed
_MOST_LOOKED_UP = 100  # people a room can take at once; the others keep their names
_TIMEOUT = 5.0
_SOON = timedelta(seconds=10)


class PagerDutyPager:
    """Looks people up and writes notes; answers are kept for five minutes."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend, self._clock = backend, clock
        self._people: dict[str, tuple[float, Person]] = {}
        self._rotas: dict[str, tuple[float, tuple[Person, ...]]] = {}

    async def people(
        self, ids: Sequence[str], escalation_policy_id: str
    ) -> Outcome[tuple[Person, ...]]:
        """The people of these ids and, with a policy, who is on call for its first level now.

        Somebody PagerDuty no longer knows is left out; the caller keeps their name.
        """
        wanted = list(dict.fromkeys(ids))[:_MOST_LOOKED_UP]
        rota = self._on_call(escalation_policy_id) if escalation_policy_id else _nobody()
        try:
            found = await asyncio.gather(rota, *(self._person(person) for person in wanted))
        except LookUpFailed as failed:
            return _refused(failed)
        on_call, assigned = found[0], [p for p in found[1:] if isinstance(p, Person)]
        everybody = {p.id: p for p in (*assigned, *(on_call if isinstance(on_call, tuple) else ()))}
        return Done(value=tuple(everybody.values()))

    async def add_note(self, alert_id: str, text: str) -> Outcome[None]:
        """Write a note on an incident. A write is never repeated here."""
        body = json.dumps({"note": {"content": cut(text, 25_000)}}).encode()
        backend = self._backend
        try:
            authorization, _ = backend.credentials.header()
        except SecretUnavailable:
            return Refused(error="no secret", cure="PAGERDUTY_API_TOKEN cannot be read")
        headers = {**backend.headers, "Authorization": authorization}
        url = f"{backend.url}/incidents/{quote(alert_id, safe='')}/notes"
        try:
            answer = await backend.http.request(
                "POST", url, headers=headers, body=body, timeout=_TIMEOUT
            )
        except HttpFailure as failure:
            if failure.sent:
                return Unsure(reason=failure.reason)
            return Refused(error=failure.reason, cure="PagerDuty cannot be reached",
                           retry_after=_SOON)  # fmt: skip
        if 200 <= answer.status < 300:
            return Done(value=None)
        retry = _SOON if answer.status in (429, 500, 502, 503, 504) else None
        cure = "check PAGERDUTY_API_TOKEN and pagerduty.from_email"
        return Refused(error=f"status {answer.status}", cure=cure, retry_after=retry)

    async def _person(self, person_id: str) -> Person | None:
        held = self._people.get(person_id)
        now = self._clock.monotonic()
        if held and now - held[0] < KEPT_FOR:
            return held[1]
        try:
            path = f"/users/{quote(person_id, safe='')}"
            answer = mapping(await self._backend.get(path, timeout=_TIMEOUT))
        except LookUpFailed as failed:
            if failed.status == 404:
                return None  # removed from the account since
            raise
        person = _person(mapping(answer.get("user")))
        self._people[person_id] = (now, person)
        return person

    async def _on_call(self, policy_id: str) -> tuple[Person, ...]:
        held = self._rotas.get(policy_id)
        now = self._clock.monotonic()
        if held and now - held[0] < KEPT_FOR:
            return held[1]
        params = (
            ("escalation_policy_ids[]", policy_id), ("earliest", "true"), ("include[]", "users"),
            ("limit", "100"),
        )  # fmt: skip
        answer = mapping(await self._backend.get("/oncalls", params, timeout=_TIMEOUT))
        shifts = objects(answer.get("oncalls"))
        first = [s for s in shifts if s.get("escalation_level") in (1, None)]
        people = {p.id: p for p in (_person(mapping(s.get("user"))) for s in first) if p.id}
        self._rotas[policy_id] = (now, tuple(people.values()))
        return tuple(people.values())


async def _nobody() -> tuple[Person, ...]:
    return ()


def _person(user: dict[str, Any]) -> Person:
    name = inert(text(user.get("name")) or text(user.get("summary")), 120)
    return Person(id=text(user.get("id"))[:200], name=name, email=text(user.get("email"))[:320])


def _refused(failed: LookUpFailed) -> Refused:
    """401 may also mean the wrong region: EU accounts live at another address."""
    cure = failed.reason
    if failed.status == 401:
        cure += "; an EU account needs api_url https://api.eu.pagerduty.com"
    lasting = failed.status in (400, 401, 402, 403, 404)
    return Refused(error=cut(failed.reason, 200), cure=cure, retry_after=None if lasting else _SOON)
