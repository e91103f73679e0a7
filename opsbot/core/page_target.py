"""Whom somebody means who asks for a page or for who is on call: a service, a policy, a person, or
the incident's own service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from opsbot.core.event import NO_ALERT
from opsbot.core.incident import Incident
from opsbot.core.parameter import PersonRef, Value
from opsbot.core.rules import Rules
from opsbot.core.words import Word, as_typed, rest, split

_KEYED = re.compile(r"(?:^|\s)policy\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What was named. `service_id` and `policy_id` are the pager's; `policy` is a name as it was
    typed; `named` is how many of service, policy and person were given."""

    service: str = ""
    service_id: str = ""
    policy: str = ""
    policy_id: str = ""
    person: PersonRef | None = None
    why: str = ""
    named: int = 0


def target_of(
    values: Mapping[str, Value], line: str, incident: Incident | None, rules: Rules
) -> Target:
    """Read the values of a verb with `service`, `person`, `policy` and `why`, of which it may have
    any. `line` is what was typed, empty for forms and buttons.

    Typed, a name without a service's sound is a policy's: `page "Database on-call" "why"`. Where
    nothing is named, it is the service of the incident.
    """
    service, person = values.get("service"), values.get("person")
    ref = person if isinstance(person, PersonRef) else None
    named = service if isinstance(service, str) else ""
    policy, why = str(values.get("policy", "")), str(values.get("why", ""))
    if line and not _KEYED.search(line):
        # The first words without a name of their own went to the first of the two there is.
        first, second = (why, policy) if why else (policy, "")
        policy, why = ("", _joined(first, second)) if named or ref else _typed(first, second)
    given = sum(map(bool, (named, ref, policy)))
    if named:
        found = rules.catalogue.named(named)
        number = found.pagerduty_id if found else ""
        return Target(
            service=named, service_id=number, policy=policy, person=ref, why=why, named=given
        )
    service, service_id, policy_id = _of_incident(incident, rules)
    return Target(
        service=service, service_id=service_id, policy=policy, policy_id=policy_id, person=ref,
        why=why, named=given,
    )  # fmt: skip


def _joined(first: str, second: str) -> str:
    return " ".join(part for part in (first, second) if part)


def _typed(first: str, second: str) -> tuple[str, str]:
    """A policy's name and the reason, of words that name no parameter."""
    if second or not first:
        return first, second
    words = split(first)
    if len(words) > 1 and not words[0].quoted and words[0].text.casefold() == "policy":
        words = words[1:]
    return _name_and_reason(words)


def _name_and_reason(words: tuple[Word, ...]) -> tuple[str, str]:
    """Quotes tell where a name of several words ends; without them all of it is the name."""
    if len(words) > 1 and words[0].quoted:
        return words[0].text, rest(words[1:])
    if len(words) > 1 and words[-1].quoted:
        return as_typed(words[:-1]), words[-1].text
    return rest(words), ""


def _of_incident(incident: Incident | None, rules: Rules) -> tuple[str, str, str]:
    """The incident's service, and the pager's ids of it and of the policy that was paged."""
    if incident is None:
        return "", "", ""
    found = rules.catalogue.find(incident.service)
    number = (found.pagerduty_id if found else "") or incident.service.source_id
    details = [
        alert.details
        for alert in incident.alerts.values()
        if alert.details is not None and alert.origin.source not in NO_ALERT
    ]
    policy_id = next((one.escalation_policy_id for one in details if one.escalation_policy_id), "")
    return incident.service.name, number, policy_id
