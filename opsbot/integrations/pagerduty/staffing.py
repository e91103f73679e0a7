"""The Staffing port on PagerDuty: who is on call and until when, policies by name, and paging."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from opsbot.core.moment import parse_moment
from opsbot.core.on_call import OnCall
from opsbot.core.people import Person
from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text, whole
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.asker import Asker, Askers
from opsbot.integrations.pagerduty.directory import Directory
from opsbot.integrations.pagerduty.outcomes import refused
from opsbot.integrations.pagerduty.paging import Pages
from opsbot.ports import Clock, Done, Outcome, Paged, Paging

KEPT = 60.0  # seconds that an answer is good for: on-calls have a lower limit of their own
_PAGE = 100
_MOST_PAGES = 10
_MOST_POLICIES = 25


@dataclass(slots=True)
class PagerDutyStaffing:
    """Who is on call is asked of PagerDuty at most once a minute, unless it has to be fresh."""

    api: PagerDutyApi
    clock: Clock
    from_email: str
    deadline: float
    _directory: Directory = field(init=False)
    _askers: Askers = field(init=False)
    _pages: Pages = field(init=False)
    _kept: dict[str, tuple[float, tuple[OnCall, ...]]] = field(
        default_factory=dict[str, tuple[float, tuple[OnCall, ...]]], init=False
    )

    def __post_init__(self) -> None:
        self._directory = Directory(self.api, self.clock, self.deadline)
        self._askers = Askers(self.api, self._directory, self.from_email, self.deadline)
        self._pages = Pages(self.api, self.deadline)

    async def on_call(
        self, *, service_id: str = "", policy_id: str = "", fresh: bool = False
    ) -> Outcome[tuple[OnCall, ...]]:
        """Everybody who is on call now for the policy, or the service's policy, nearest first."""
        now = self.clock.monotonic()
        until, kept = self._kept.get(policy_id or service_id, (0.0, ()))
        if now < until and not fresh:
            return Done(value=kept)
        try:
            policy = policy_id or await self._policy_of(service_id)
            duties = await self._duties(policy)
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        self._kept = {key: held for key, held in self._kept.items() if held[0] > now}
        for key in filter(None, (service_id, policy_id, policy)):
            self._kept[key] = (now + KEPT, duties)
        return Done(value=duties)

    async def policies(self, name: str) -> Outcome[tuple[tuple[str, str], ...]]:
        """Escalation policies whose name holds these words, each as (id, name)."""
        params = [("query", name.strip()), ("limit", str(_MOST_POLICIES))]
        try:
            answer = await self.api.get("/escalation_policies", params, timeout=self.deadline)
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        found = (_reference(one) for one in objects(answer.get("escalation_policies")))
        return Done(value=tuple(one for one in found if one[0]))

    async def person(self, email: str) -> Outcome[Person | None]:
        """The user who logs in with this address; None when the account has none."""
        try:
            return Done(value=await self._directory.user(email))
        except LookUpFailed as failed:
            return refused(failed, self.deadline)

    async def page(self, paging: Paging, *, as_email: str = "") -> Outcome[Paged]:
        """Ask people to join an incident, or make one for them: once, in the asker's name."""
        asker = await self._askers.find(as_email)
        if not isinstance(asker, Asker):
            return asker
        try:
            policy = paging.policy_id
            if not (policy or paging.user_ids) and paging.alert_id:
                policy = await self._policy_of(paging.service_id)
        except LookUpFailed as failed:
            return refused(failed, self.deadline)
        return await self._pages.send(paging, policy, asker)

    async def _policy_of(self, service_id: str) -> str:
        """The escalation policy of a service."""
        if not service_id:
            raise LookUpFailed("no service was named", "name a service or an escalation policy")
        path = f"/services/{quote(service_id, safe='')}"
        answer = await self.api.get(path, timeout=self.deadline)
        policy = mapping(mapping(answer.get("service")).get("escalation_policy"))
        if not text(policy.get("id")):
            raise LookUpFailed(
                "PagerDuty's service has no escalation policy", "give it one in PagerDuty"
            )
        return text(policy["id"])

    async def _duties(self, policy: str) -> tuple[OnCall, ...]:
        """Without a time span PagerDuty tells who is on call now."""
        asked = [
            ("escalation_policy_ids[]", policy), ("earliest", "true"), ("include[]", "users"),
        ]  # fmt: skip
        found: list[OnCall] = []
        for page in range(_MOST_PAGES):
            window = [("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
            answer = await self.api.get("/oncalls", [*asked, *window], timeout=self.deadline)
            if "oncalls" not in answer:
                raise LookUpFailed("PagerDuty did not answer with on-calls", "check api_url")
            duties = (_duty(entry) for entry in objects(answer["oncalls"]))
            found += [duty for duty in duties if duty is not None]
            if answer.get("more") is not True:
                break
        return tuple(sorted(found, key=lambda duty: (duty.level, duty.person.name)))


def _duty(entry: Mapping[str, Any]) -> OnCall | None:
    user, schedule = mapping(entry.get("user")), mapping(entry.get("schedule"))
    policy_id, policy = _reference(mapping(entry.get("escalation_policy")))
    user_id, name = _reference(user)
    if not user_id:
        return None
    return OnCall(
        person=Person(id=user_id, name=name, email=inert(text(user.get("email")), 254)),
        level=whole(entry.get("escalation_level")) or 1,
        policy_id=policy_id, policy=policy, schedule=_reference(schedule)[1],
        until=_until(entry),
    )  # fmt: skip


def _until(entry: Mapping[str, Any]) -> datetime | None:
    """Somebody who stands in a policy by name is on call always: no end."""
    with suppress(ValueError):
        return parse_moment(text(entry.get("end")))
    return None


def _reference(one: Mapping[str, Any]) -> tuple[str, str]:
    """The id and the name of an object, or of a reference to one."""
    name = text(one.get("name")) or text(one.get("summary"))
    return inert(text(one.get("id")), 100), inert(name, 120)
