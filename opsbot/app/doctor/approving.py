"""The policy: is there a runbook that needs an approval which nobody could ever give."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from opsbot.app.doctor import slack
from opsbot.app.doctor.finding import Finding, skipped
from opsbot.app.doctor.inspected import finding_of
from opsbot.app.doctor.means import Means
from opsbot.app.policy_runbooks import described_runbooks
from opsbot.app.slack import groups_of
from opsbot.core.policy import Attempt, PolicyRule, Ruling, Verdict, When
from opsbot.core.policy_defaults import DEFAULT_RULES
from opsbot.core.policy_ruling import verdict_of
from opsbot.core.policy_who import who_can
from opsbot.core.runbook import Runbook, Who
from opsbot.core.severity import Severity
from opsbot.core.text import count, inert, listed
from opsbot.ports import Done, Inspection, Refused, Trouble
from opsbot.slack.turns import Priority

_MANY = 1_000
_MOST_GROUPS = 15  # that are asked about: Slack allows 20 such calls a minute (tier 2)
_SEVERAL = ("responder", "expert")  # roles that more than one person may have
_WHO = "Name others who may approve (`policy: approvers:`, a rule's `by:`), or ask for fewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """Whom opsbot could find: `empty` are ids of user groups that let nobody in, by why."""

    staffing: bool
    empty: Mapping[str, str]

    def people(self, who: Who) -> int:
        """How many different people it may mean at most; `_MANY` where that cannot be said."""
        groups = [group for group in who.groups if group not in self.empty]
        several = any(role in _SEVERAL for role in who.roles)
        if who.everybody or groups or several or (who.on_call and self.staffing):
            return _MANY
        return len(set(who.roles))


async def approvers(means: Means) -> Finding:
    """Every runbook against every rule that may decide on it."""
    name = "policy.approvers"
    runbooks = await asyncio.to_thread(described_runbooks, means.settings)
    if not runbooks:
        return skipped(name, "there is no runbook that could be read (see runbooks.files)")
    reach = _Reach(staffing=_staffed(means), empty=await _empty_groups(means, runbooks))
    troubles = [*_groups(means, runbooks, reach), *_never_approved(means, runbooks, reach)]
    well = f"whatever approval {count(len(runbooks), 'runbook')} may need, somebody could give it"
    return finding_of(name, Inspection(well=well, troubles=tuple(troubles)))


def _never_approved(
    means: Means, runbooks: Sequence[Runbook], reach: _Reach
) -> Iterator[Trouble]:  # fmt: skip
    stuck: dict[tuple[str, str], list[str]] = {}
    for runbook in runbooks:
        for rule in _rules(means, runbook):
            verdict = verdict_of(rule, _attempt(runbook), means.settings.policy, "")
            why = _impossible(rule, verdict, reach)
            if why:
                stuck.setdefault((rule.name, why), []).append(runbook.name)
    for (rule, why), names in stuck.items():
        said = f"by '{inert(rule, 80)}', {listed(tuple(names))} can never be approved: {why}"
        yield Trouble(said=said, fix=_WHO)


def _rules(means: Means, runbook: Runbook) -> Iterator[PolicyRule]:
    """The rules that may decide on it, up to one that takes whatever is left."""
    for rule in (*means.settings.policy.rules, *DEFAULT_RULES):
        when = rule.when
        if when.runbooks and runbook.name not in when.runbooks:
            continue
        if when.risks and runbook.risk not in when.risks:
            continue
        yield rule
        if replace(when, runbooks=(), risks=()) == When():
            return


def _attempt(runbook: Runbook) -> Attempt:
    return Attempt(
        runbook=runbook.name, risk=runbook.risk, service="", environment="",
        severity=Severity.SEV1, requester="", approval=runbook.approval,
    )  # fmt: skip


def _impossible(rule: PolicyRule, verdict: Verdict, reach: _Reach) -> str:
    """Why what the rule comes to can never be; empty when it can, and where a rule says no."""
    if verdict.ruling is Ruling.DENIED:
        return "" if rule.ruling is Ruling.DENIED else "nobody is named who may"
    if verdict.ruling is not Ruling.NEEDS_APPROVAL:
        return ""
    asked = [who for who in (verdict.by, verdict.also) if who is not None]
    narrowest = min(asked, key=reach.people)
    most = reach.people(narrowest)
    if most >= verdict.approvals:
        return ""
    named = f"it means {who_can(narrowest, '')}"
    if not most:
        return f"{named}, and nobody is one of them"
    return f"it needs {verdict.approvals} approvals, and {named}: {_people(most)} at most"


def _groups(means: Means, runbooks: Sequence[Runbook], reach: _Reach) -> Iterator[Trouble]:
    """User groups that let nobody in, whoever else may approve."""
    names = _names(means, runbooks)
    for group, why in reach.empty.items():
        said = f"the user group {inert(names.get(group, group), 80)} lets nobody in: {why}"
        fix = "Correct its id in opsbot.yaml, or put people into it in Slack"
        yield Trouble(said=said, fix=fix, hinders=False)


def _names(means: Means, runbooks: Sequence[Runbook]) -> Mapping[str, str]:
    policy = means.settings.policy
    held: list[Who | None] = [policy.approvers, policy.break_glass]
    held += [who for rule in policy.rules for who in (rule.by, rule.when.requester)]
    held += [runbook.approval.by for runbook in runbooks]
    return {
        group: name
        for who in held
        if who is not None
        for group, name in zip(who.groups, who.group_names, strict=False)
    }


async def _empty_groups(means: Means, runbooks: Sequence[Runbook]) -> Mapping[str, str]:
    """Groups without members, and those that Slack will never tell of (usergroups.users.list)."""
    groups = groups_of(means.settings, runbooks)[:_MOST_GROUPS]
    if means.gateway is None or not groups or await slack.identity(means) is None:
        return {}
    found: dict[str, str] = {}
    for group in groups:
        answer = await means.gateway.call(
            "usergroups.users.list", {"usergroup": group}, priority=Priority.PERSON
        )
        match answer:
            case Done(value=value) if not value.get("users"):
                found[group] = "it has no members"
            case Refused(error=error, retry_after=None):
                found[group] = f"Slack tells nothing of it ({error})"
            case _:
                pass
    return found


def _staffed(means: Means) -> bool:
    """Whether somebody can be asked who is on call."""
    return any(
        known.integration.staffing is not None and known.secrets.get("api_token")
        for known in means.settings.integrations
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
