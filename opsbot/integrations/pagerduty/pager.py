"""The Pager port on PagerDuty: who is paged and on call, notes, and acts in a person's name."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from opsbot.core.moment import parse_moment
from opsbot.core.people import Person
from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, text
from opsbot.integrations._look_up import in_time
from opsbot.integrations.pagerduty.api import ALREADY_RESOLVED, PagerDutyApi, code_of
from opsbot.integrations.pagerduty.directory import Directory, Priority
from opsbot.integrations.pagerduty.outcomes import gravest, in_words, not_done, refused
from opsbot.ports import Acted, Clock, Done, Outcome, Refused

_log = logging.getLogger(__name__)
_RESOLVED = "resolved"


@dataclass(slots=True)
class PagerDutyPager:
    """People's addresses come from their own records, since an incident only refers to them.

    Acts are done in the name of a user: the one with the address given, else the configured one.
    With a user's own key PagerDuty ignores both and names the owner of the key.
    """

    api: PagerDutyApi
    clock: Clock
    from_email: str
    on_call_levels: int
    deadline: float
    _directory: Directory = field(init=False)

    def __post_init__(self) -> None:
        self._directory = Directory(self.api, self.clock, self.deadline)

    async def people(
        self, ids: Sequence[str], escalation_policy_id: str
    ) -> Outcome[tuple[Person, ...]]:
        """The people of these ids and whoever is on call for the policy now, each once.

        Somebody PagerDuty has no record of is left out: the caller knows their name. While a
        look-up fails for now, all is refused with the time to come back, for nobody may be taken
        to have no address because of it. On-calls that we may never read are done without.
        """
        wanted = tuple(dict.fromkeys(one for one in ids if one))
        asked = {"users": self._directory.people(wanted)}
        if escalation_policy_id:
            asked["on call"] = self._directory.on_call(escalation_policy_id, self.on_call_levels)
        answers, errors = await in_time(asked, self.deadline)
        found = {person.id: person for person in answers.get("users", ())}
        for person in answers.get("on call", ()):
            found.setdefault(person.id, person)
        if errors:
            error = gravest(list(errors.values()), self.deadline)
            refusal = refused(error, self.deadline)
            if refusal.retry_after is not None or "users" in errors or not found:
                return refusal
            _log.warning("pagerduty: going without who is on call: %s", in_words(error))
        return Done(value=tuple(found.values()))

    async def add_note(self, alert_id: str, text: str, *, as_email: str = "") -> Outcome[None]:
        """Write a note on the incident; it is never written twice by us without a look."""
        headers = await self._from(as_email)
        if isinstance(headers, Refused):
            return headers
        body = {"note": {"content": text}}
        path = f"{_path(alert_id)}/notes"
        try:
            await self.api.act(path, body, headers=headers, timeout=self.deadline)
        except LookUpFailed as failed:
            # A 2xx was taken; only the answer was unreadable.
            return Done(value=None) if _taken(failed) else not_done(failed, self.deadline)
        return Done(value=None)

    async def acknowledge(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]:
        """Stop the paging. `already` when somebody had acknowledged it, or it was resolved;
        in the former case the person asking is named at PagerDuty as well."""
        return await self._set_status(alert_id, "acknowledged", as_email)

    async def resolve(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]:
        """End the incident at PagerDuty; `already` when it was (error 1001)."""
        return await self._set_status(alert_id, _RESOLVED, as_email)

    async def set_priority(
        self, alert_id: str, priority: str, *, as_email: str = ""
    ) -> Outcome[Acted]:
        """Set the priority of this name, such as P2, in any spelling of capitals.

        `at` is when PagerDuty says the incident was last updated, and `by_id` is empty, because
        its answer names nobody for a change of priority. A resolved incident refuses (1001).
        """
        try:
            known = await self._directory.priorities()
            before = await self._incident(alert_id)
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        wanted = priority.strip().casefold()
        chosen = next((one for one in known if one.name.casefold() == wanted), None)
        if chosen is None:
            return _no_such(priority, known)
        if text(mapping(before.get("priority")).get("id")) == chosen.id:
            return Done(value=Acted(at=_moment(before, "updated_at"), already=True))
        change = {"priority": {"id": chosen.id, "type": "priority_reference"}}
        answer = await self._change(alert_id, change, as_email)
        if isinstance(answer, LookUpFailed):
            return self._not_changed(answer)
        if isinstance(answer, Refused):
            return answer
        return Done(value=Acted(at=_moment(answer, "updated_at")))

    async def _set_status(self, alert_id: str, status: str, as_email: str) -> Outcome[Acted]:
        try:
            before = await self._incident(alert_id)
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        stands = text(before.get("status"))
        if stands == _RESOLVED:
            return Done(value=_acted(before, already=True))
        answer = await self._change(alert_id, {"status": status}, as_email)
        if isinstance(answer, LookUpFailed):
            if code_of(answer) in ALREADY_RESOLVED:  # somebody was quicker
                return Done(value=_acted(await self._as_it_stands(alert_id), already=True))
            return self._not_changed(answer)
        if isinstance(answer, Refused):
            return answer
        return Done(value=_acted(answer, already=stands == status))

    async def _change(
        self, alert_id: str, change: Mapping[str, Any], as_email: str
    ) -> dict[str, Any] | LookUpFailed | Refused:
        """PUT one change, once; gives the incident as PagerDuty answers it."""
        headers = await self._from(as_email)
        if isinstance(headers, Refused):
            return headers
        body = {"incident": {"type": "incident_reference", **change}}
        try:
            answer = await self.api.change(
                _path(alert_id), body, headers=headers, timeout=self.deadline
            )
        except LookUpFailed as failed:
            return failed
        return mapping(answer.get("incident"))

    def _not_changed(self, failed: LookUpFailed) -> Outcome[Acted]:
        return Done(value=Acted()) if _taken(failed) else not_done(failed, self.deadline)

    async def _from(self, as_email: str) -> Mapping[str, str] | Refused:
        """The From header. A person PagerDuty does not know, or users that our key may not read,
        leave the configured address; with none at all PagerDuty decides (a user's key needs none).
        """
        address = self.from_email
        if as_email:
            answers, errors = await in_time({"": self._directory.user(as_email)}, self.deadline)
            person = answers.get("")
            address = person.email if person is not None else address
            if errors:
                refusal = refused(errors[""], self.deadline)
                if refusal.retry_after is not None:
                    return refusal
                _log.warning("pagerduty: acting as from_email: %s", in_words(errors[""]))
        return {"From": address} if address else {}

    async def _incident(self, alert_id: str) -> dict[str, Any]:
        answer = await self.api.get(_path(alert_id), timeout=self.deadline)
        return mapping(answer.get("incident"))

    async def _as_it_stands(self, alert_id: str) -> dict[str, Any]:
        try:
            return await self._incident(alert_id)
        except LookUpFailed:
            return {}  # when and by whom is then not known; that it is resolved is


def _path(alert_id: str) -> str:
    return f"/incidents/{quote(alert_id, safe='')}"


def _taken(failed: LookUpFailed) -> bool:
    return 200 <= failed.status < 300


def _acted(incident: Mapping[str, Any], *, already: bool) -> Acted:
    by = mapping(incident.get("last_status_change_by"))
    person = text(by.get("type")) in ("user", "user_reference")
    return Acted(
        at=_moment(incident, "last_status_change_at"),
        by_id=inert(text(by.get("id")), 100) if person else "",
        already=already,
    )


def _moment(incident: Mapping[str, Any], key: str) -> datetime | None:
    try:
        return parse_moment(text(incident.get(key)))
    except ValueError:
        return None


def _no_such(priority: str, known: Sequence[Priority]) -> Refused:
    if not known:
        return Refused(
            error="this PagerDuty account has no priorities",
            cure="switch them on in PagerDuty under Incident Priorities",
        )
    names = ", ".join(one.name for one in known[:20])
    return Refused(
        error=f'PagerDuty has no priority "{inert(priority, 60)}"', cure=f"use one of {names}"
    )
