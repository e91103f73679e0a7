"""Which rule decides on a run: the first whose conditions hold; where the environment is not known,
the strictest of those that might."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from opsbot.core.policy import Attempt, Policy, PolicyRule, Ruling, Verdict
from opsbot.core.policy_defaults import DEFAULT_RULES
from opsbot.core.policy_ruling import Considered, verdict_of
from opsbot.core.policy_when import Met, conditions
from opsbot.core.policy_who import fits, implies

BREAK_GLASS = "break glass"
_ANOTHER = "\0another"  # an environment that no rule names
_STRICTNESS = (Ruling.ALLOWED, Ruling.NEEDS_APPROVAL, Ruling.DENIED)


def rules_considered(
    attempt: Attempt, policy: Policy, now: datetime, zone: str
) -> Iterator[Considered]:
    """Every rule up to the one that decides, which is the last and has the verdict."""
    asked = _Asked(attempt=attempt, policy=policy, now=now, zone=zone)
    deciding = asked.deciding()
    for number, rule in enumerate(asked.rules[: deciding + 1]):
        met = asked.met(rule, strict=number == deciding or rule.ruling is not Ruling.ALLOWED)
        off = next((one.said for one in met if not one.holds), "")
        said = off or ", ".join(one.said for one in met) or "it has no conditions"
        if number == deciding:
            yield Considered(rule=rule.name, said=said, verdict=asked.verdict(rule))
        elif off:
            yield Considered(rule=rule.name, said=off)
        else:
            below = asked.rules[deciding].name
            yield Considered(rule=rule.name, said=f"{said}, and '{below}' is stricter")


def requester_standing(attempt: Attempt, policy: Policy) -> str:
    """Why who asks may break the glass; empty when they may not."""
    return fits(
        policy.break_glass, groups=attempt.groups, roles=attempt.roles, on_call=attempt.on_call,
        full_member=attempt.full_member, service=attempt.service,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One attempt against all rules."""

    attempt: Attempt
    policy: Policy
    now: datetime
    zone: str

    @property
    def rules(self) -> tuple[PolicyRule, ...]:
        return (*self.policy.rules, *DEFAULT_RULES)

    def deciding(self) -> int:
        """The number of the rule that decides.

        A service whose environment the catalogue does not tell may be in any that a rule names, or
        in another: what each of them would come to is compared, and the strictest holds.
        """
        best = self._first(self.attempt)
        if self.attempt.environment:
            return best
        named = (word for rule in self.rules for word in rule.when.environments)
        for environment in dict.fromkeys((*named, _ANOTHER)):
            number = self._first(replace(self.attempt, environment=environment))
            if _is_stricter(self.verdict(self.rules[number]), self.verdict(self.rules[best])):
                best = number
        return best

    def _first(self, attempt: Attempt) -> int:
        return next(
            number
            for number, rule in enumerate(self.rules)
            if all(one.holds for one in replace(self, attempt=attempt).met(rule))
        )

    def met(self, rule: PolicyRule, *, strict: bool | None = None) -> tuple[Met, ...]:
        """Its conditions. What allows does not hold where the environment is not known."""
        worse = rule.ruling is not Ruling.ALLOWED if strict is None else strict
        return conditions(rule.when, self.attempt, self.now, self.zone, strict=worse)

    def verdict(self, rule: PolicyRule) -> Verdict:
        """What the rule comes to."""
        if self.attempt.break_glass and rule.ruling is not Ruling.DENIED:
            why = requester_standing(self.attempt, self.policy)
            return Verdict(
                ruling=Ruling.ALLOWED, rule=BREAK_GLASS, page_after=None,
                reason=f"who asks is {why} and breaks the glass: nobody is asked, everybody is "
                "told",
            )  # fmt: skip
        because = ", ".join(one.said for one in self.met(rule, strict=True))
        return verdict_of(rule, self.attempt, self.policy, because)


def _is_stricter(one: Verdict, other: Verdict) -> bool:
    """Whether it lets less through: by its ruling, by how many are asked, or by whom."""
    mine = (_STRICTNESS.index(one.ruling), one.approvals)
    theirs = (_STRICTNESS.index(other.ruling), other.approvals)
    if mine != theirs or one.ruling is not Ruling.NEEDS_APPROVAL:
        return mine > theirs
    return implies(one.by, other.by) and not implies(other.by, one.by)
