"""Who is on call, asked of the pager before the record is locked, for verbs that speak of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from opsbot.core.on_call import Roster
from opsbot.core.page_target import Target, target_of
from opsbot.core.people import Person
from opsbot.core.reading import Reading
from opsbot.core.standing import Standing
from opsbot.core.verb import Reads, Verb
from opsbot.flows.answering import understand
from opsbot.ports import Done, Outcome, Ports, Refused, Staffing


async def read_roster(
    ports: Ports, book: tuple[Verb, ...], reading: Reading, me: Standing,
    named: Mapping[str, Standing],
) -> Roster | None:  # fmt: skip
    """What the pager says for the verb that was asked for; None where the verb does not want to
    know it, will not run, or no pager can be asked."""
    verb, staffing = reading.verb, ports.staffing
    if verb is None or Reads.ON_CALL not in verb.reads or reading.problems or staffing is None:
        return None
    asked, rules, now = reading.asked, ports.rules, ports.clock.now()
    understood = await understand(ports.record, book, asked, me, rules, now)
    if understood.denied is not None or understood.wants_form:
        return None
    target = target_of(reading.values, asked.line, understood.incident, rules)
    return await roster_of(staffing, target, named, mapped=rules.accounts)


async def roster_of(
    staffing: Staffing, target: Target, accounts: Mapping[str, Standing], *, fresh: bool = False,
    mapped: Mapping[str, str] = MappingProxyType({}),
) -> Roster:  # fmt: skip
    """Who is on call for the target, the policies of its name, the pager's user behind its person.

    `fresh` asks again what was asked a moment ago; `mapped` are Slack accounts by the pager's
    address or id (slack.people). Whatever fails is said in `problem`.
    """
    roster = Roster()
    if target.person is not None:
        standing = accounts.get(target.person.slack_id)
        return await _with_person(staffing, roster, standing, mapped) if standing else roster
    policy_id = target.policy_id
    if target.policy:
        found = await staffing.policies(target.policy)
        if not isinstance(found, Done):
            return replace(roster, problem=_why(found))
        roster = replace(roster, policies=_matching(found.value, target.policy))
        policy_id = roster.policies[0][0] if len(roster.policies) == 1 else ""
    service_id = "" if target.policy else target.service_id
    if not service_id and not policy_id:
        return roster
    duties = await staffing.on_call(
        service_id=service_id, policy_id="" if service_id else policy_id, fresh=fresh
    )
    if not isinstance(duties, Done):
        return replace(roster, problem=_why(duties))
    return replace(roster, on_call=duties.value)


async def _with_person(
    staffing: Staffing, roster: Roster, standing: Standing, mapped: Mapping[str, str]
) -> Roster:
    key = next((k for k, account in mapped.items() if account == standing.slack_id), "")
    if key and "@" not in key:
        known = Person(id=key, name=standing.name)
        return replace(roster, people=MappingProxyType({standing.slack_id: known}))
    if not (key or standing.email):
        return roster
    found = await staffing.person(key or standing.email)
    if not isinstance(found, Done):
        return replace(roster, problem=_why(found))
    people: dict[str, Person] = {standing.slack_id: found.value} if found.value else {}
    return replace(roster, people=MappingProxyType(people))


def _matching(policies: tuple[tuple[str, str], ...], typed: str) -> tuple[tuple[str, str], ...]:
    """The policy of exactly this name, in any case; else all whose name holds it."""
    wanted = typed.strip().casefold()
    exact = tuple(one for one in policies if one[1].strip().casefold() == wanted)
    return exact or policies


def _why(outcome: Outcome[object]) -> str:
    match outcome:
        case Refused(error=error, cure=cure):
            return f"{error}: {cure}" if cure else error
        case _:
            return getattr(outcome, "reason", "")
