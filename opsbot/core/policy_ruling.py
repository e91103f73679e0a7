"""What a matching rule comes to, together with what the runbook itself asks for: more than the
policy, never less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from opsbot.core.policy import Attempt, Policy, PolicyRule, Ruling, Verdict
from opsbot.core.policy_who import implies, is_nobody
from opsbot.core.runbook import NOBODY, Who
from opsbot.core.text import count

RUNBOOK_ITSELF = "the runbook itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One thing that was asked on the way to a decision; without `verdict` it decided nothing."""

    rule: str
    said: str
    verdict: Verdict | None = None


def verdict_of(rule: PolicyRule, attempt: Attempt, policy: Policy, because: str) -> Verdict:
    """The decision by `rule`, whose conditions hold: `because` says them."""
    said = f"{rule.reason} ({because})" if rule.reason and because else rule.reason or because
    said = said or "the rule has no conditions"
    if rule.ruling is Ruling.DENIED:
        return Verdict(ruling=Ruling.DENIED, rule=rule.name, reason=said)
    ruled = max(rule.approvals, 1) if rule.ruling is Ruling.NEEDS_APPROVAL else 0
    approvals = max(ruled, attempt.approval.approvals or 0)
    if not approvals:
        return Verdict(ruling=Ruling.ALLOWED, rule=rule.name, reason=said)
    name = rule.name if ruled else RUNBOOK_ITSELF
    if ruled < approvals:
        said = f"the runbook asks for {count(approvals, 'approval')}"
    return _asked(name, said, approvals, rule, attempt, policy)


def _asked(
    name: str, said: str, approvals: int, rule: PolicyRule, attempt: Attempt, policy: Policy
) -> Verdict:
    by, also = _approvers(rule.by, attempt.approval.by, policy.approvers)
    if is_nobody(by) or (also is not None and is_nobody(also)):
        reason = (
            "it needs approval, and nobody may give it: `policy: approvers:` in opsbot.yaml says "
            "who may"
        )
        return Verdict(ruling=Ruling.DENIED, rule=name, reason=reason)
    expires = _shorter(rule.expires or policy.expires, attempt.approval.expires)
    page_after = _shorter(rule.page_after or policy.page_after, attempt.approval.page_after)
    return Verdict(
        ruling=Ruling.NEEDS_APPROVAL, rule=name, approvals=approvals, by=by, also=also,
        expires=expires, page_after=page_after if page_after < expires else None,
        reason=said,
    )  # fmt: skip


def _approvers(rule: Who, runbook: Who | None, otherwise: Who) -> tuple[Who, Who | None]:
    """Who may approve, and who they have to be as well.

    The runbook decides where the rule names nobody, and narrows what it names; where neither
    names anybody, the policy's `approvers` do. Where those are nobody, or people whom the runbook
    only adds others to, it changes nothing: it may ask for more than the policy, never for less.
    """
    named = NOBODY if runbook is None else runbook
    if is_nobody(rule):
        wider = is_nobody(otherwise) or implies(otherwise, named)
        return (otherwise if is_nobody(named) or wider else named), None
    if is_nobody(named) or implies(rule, named):
        return rule, None
    return (named, None) if implies(named, rule) else (rule, named)


def _shorter(ruled: timedelta, asked: timedelta | None) -> timedelta:
    return ruled if asked is None else min(ruled, asked)
