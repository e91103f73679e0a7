"""Whom a policy means: whether somebody is one of them and why, and how to name them all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from opsbot.core.policy import Attempt, Policy, Verdict
from opsbot.core.runbook import NOBODY, Who
from opsbot.core.text import inert

_MANY = {"responder": "a responder", "expert": "an expert"}  # there may be several of them


def fits(
    who: Who, *, groups: Collection[str], roles: Collection[str], on_call: bool,
    full_member: bool = True, service: str = "",
) -> str:  # fmt: skip
    """Why somebody is one of `who`, such as "on call for checkout-api"; empty when they are not.

    `groups` are ids of user groups, `on_call` is for `service`. Guests, bots and people from
    outside (not `full_member`) are never one of them.
    """
    if not full_member:
        return ""
    named = _named(who, groups=groups, roles=roles, on_call=on_call, service=service)
    return named or ("full member of this workspace" if who.everybody else "")


def asks_as(who: Who, attempt: Attempt, *, strict: bool) -> str:
    """Why who asks is one of a condition's `requester`; empty when they are not.

    A guest who is let in is one of them by a user group that is named, because whoever keeps the
    workspace put them there. Roles that anybody can take, duties and `everybody` count for a guest
    only where the condition asks for more or denies (`strict`): there it has to hold them too.
    """
    if not attempt.full_member and not strict:
        who = Who(groups=who.groups, group_names=who.group_names)
    named = _named(
        who, groups=attempt.groups, roles=attempt.roles, on_call=attempt.on_call,
        service=attempt.service,
    )  # fmt: skip
    anybody = "full member of this workspace" if attempt.full_member else "guest who was let in"
    return named or (anybody if who.everybody else "")


def _named(
    who: Who, *, groups: Collection[str], roles: Collection[str], on_call: bool, service: str
) -> str:
    """The duty, role or group by which somebody is one of `who`."""
    if who.on_call and on_call:
        return f"on call for {inert(service, 80)}" if service else "on call"
    for role in who.roles:
        if role in roles:
            return f"{role} of the incident"
    names = dict(zip(who.groups, who.group_names, strict=False))
    for group in who.groups:
        if group in groups:
            return f"member of {inert(names.get(group, group), 80)}"
    return ""


def approver_standing(
    verdict: Verdict, *, groups: Collection[str], roles: Collection[str], on_call: bool,
    full_member: bool = True, service: str = "",
) -> str:  # fmt: skip
    """Why somebody may approve what `verdict` asks approval for; empty when they may not.

    That nobody approves what they asked for themselves is not decided here.
    """
    why: list[str] = []
    for who in (verdict.by, verdict.also):
        if who is None:
            continue
        standing = fits(
            who, groups=groups, roles=roles, on_call=on_call, full_member=full_member,
            service=service,
        )  # fmt: skip
        if not standing:
            return ""
        why.append(standing)
    return " and ".join(dict.fromkeys(why))


def who_can(who: Who, service: str) -> str:
    """Names everybody `who` means, inside a sentence: "whoever is on call for checkout-api or the
    lead of the incident"."""
    if who.everybody:
        return "any full member of this workspace"
    names = [f"whoever is on call for {inert(service, 80)}" if service else "whoever is on call"]
    names = names if who.on_call else []
    names += [f"{_MANY.get(role, f'the {role}')} of the incident" for role in who.roles]
    shown = (*who.group_names, *who.groups[len(who.group_names) :])
    names += [f"a member of {inert(name, 80)}" for name in shown]
    return _either(names) or "nobody"


def who_approves(verdict: Verdict, service: str) -> str:
    """Names everybody who may approve what `verdict` asks approval for."""
    named = who_can(verdict.by, service)
    if verdict.also is None:
        return named
    return f"{named}, who has to be {who_can(verdict.also, service)} as well"


def is_nobody(who: Who) -> bool:
    """Whether it means no one at all."""
    return not (who.everybody or who.groups or who.roles or who.on_call)


def implies(narrow: Who, wide: Who) -> bool:
    """Whether everybody who is one of `narrow` is certainly one of `wide`."""
    return wide.everybody or (
        not narrow.everybody
        and set(narrow.groups) <= set(wide.groups)
        and set(narrow.roles) <= set(wide.roles)
        and (wide.on_call or not narrow.on_call)
    )


def groups_named(policy: Policy) -> tuple[str, ...]:
    """The ids of every user group the policy names, each once: who is in them is looked up."""
    rules = ((rule.by, rule.when.requester) for rule in policy.rules)
    limits = ((limit.when.requester,) for limit in policy.limits)
    freezes = ((freeze.when.requester,) for freeze in policy.freezes)
    named: Iterable[Who | None] = (
        policy.break_glass, policy.approvers, *(who for row in rules for who in row),
        *(who for row in (*limits, *freezes) for who in row),
    )  # fmt: skip
    return tuple(dict.fromkeys(group for who in named for group in (who or NOBODY).groups))


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
