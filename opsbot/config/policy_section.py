"""Which runs are allowed, need approval or are denied: the section `policy:`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema

from opsbot.config.scalar import Days, Duration, HoursOfDay, Texts, duration, listed_values, moment
from opsbot.config.section import Section
from opsbot.config.who_section import WhoSection
from opsbot.core.policy import Freeze, Limit, LimitOf, Policy, PolicyRule, Ruling, When
from opsbot.core.runbook import Risk
from opsbot.core.severity import Severity


def _one_or_more(words: list[str]) -> WithJsonSchema:
    one = {"enum": words}
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


Risks = Annotated[
    tuple[Risk, ...],
    BeforeValidator(listed_values),
    _one_or_more([risk.value for risk in Risk]),
]
Severities = Annotated[
    tuple[Severity, ...],
    BeforeValidator(listed_values),
    _one_or_more([severity.value for severity in Severity]),
]
LONGEST_LIMIT = duration("7d")  # no older run is looked at when somebody asks for one
Name = Annotated[str, Field(min_length=1, max_length=80)]


class CountedWhen(Section):
    """Which runs a limit counts and holds; without any key, all."""

    runbook: Texts = Field(default=(), description="One of these runbooks.")
    risk: Risks = Field(default=(), description="One of these risks: none, low, medium, high.")
    service: Texts = Field(default=(), description="On one of these catalogue services.")

    def when(self) -> When:
        """The conditions as the policy knows them."""
        return When(runbooks=self.runbook, risks=self.risk, services=self.service)


class PolicyWhen(CountedWhen):
    """Conditions that must all hold; without any, all runs are meant."""

    severity: Severities = Field(
        default=(), description="The incident has one of these severities: SEV1 to SEV5, or unset."
    )
    environment: Texts = Field(
        default=(), description="The service's environment in the catalogue, such as production."
    )
    requester: WhoSection | None = Field(default=None, description="Who asks is one of these.")
    hours: HoursOfDay | None = Field(
        default=None, description="A stretch of the day in `timezone`, such as 22:00-06:00."
    )
    days: Days = Field(default=(), description="Weekdays in `timezone`, such as sat-sun.")

    def when(self) -> When:
        """The conditions as the policy knows them."""
        return When(
            runbooks=self.runbook,
            risks=self.risk,
            severities=self.severity,
            environments=self.environment,
            services=self.service,
            requester=self.requester.who() if self.requester else None,
            hours=self.hours,
            days=self.days,
        )


class PolicyRuleSection(Section):
    """One rule; the first whose conditions hold decides."""

    name: Name = Field(description="What people are told as the rule that decided.")
    when: PolicyWhen = Field(default=PolicyWhen(), description="Conditions that must all hold.")
    then: Ruling = Field(description="allowed, needs approval or denied.")
    reason: str = Field(
        default="", max_length=200, description="Why, for the person who asks; half a sentence."
    )
    approvals: int = Field(
        default=1, ge=1, le=10, description="How many other people have to say yes."
    )
    by: WhoSection = Field(
        default=WhoSection(), description="Who may say yes (default: the runbook's, or approvers)."
    )
    expires: Duration | None = Field(
        default=None, description="How long approval is waited for (default: policy.expires)."
    )
    page_after: Duration | None = Field(
        default=None, description="When the next on-call is paged (default: policy.page_after)."
    )

    def rule(self) -> PolicyRule:
        """The rule as the policy knows it."""
        return PolicyRule(
            name=self.name,
            ruling=self.then,
            when=self.when.when(),
            reason=self.reason,
            approvals=self.approvals,
            by=self.by.who(),
            expires=self.expires,
            page_after=self.page_after,
        )


class LimitSection(Section):
    """At most so many runs in so long a time."""

    name: Name = Field(description="What people are told as the limit that was reached.")
    runs: int = Field(ge=1, le=10_000, description="How many runs may begin.")
    within: Duration = Field(
        le=LONGEST_LIMIT, description="In how long a time, such as 1h; at most 7d."
    )
    of: LimitOf = Field(
        default=LimitOf.ALL,
        description="What is counted: all runs, those of the same runbook, on the same target, or "
        "by the same requester.",
    )
    when: CountedWhen = Field(
        default=CountedWhen(), description="Which runs are counted and limited."
    )
    break_glass: bool = Field(
        default=False, description="Whether breaking the glass goes through the limit."
    )

    def limit(self) -> Limit:
        """The limit as the policy knows it."""
        return Limit(
            name=self.name,
            runs=self.runs,
            within=self.within,
            of=self.of,
            when=self.when.when(),
            break_glass=self.break_glass,
        )


class FreezeSection(Section):
    """A time in which nothing that changes anything runs."""

    name: Name = Field(description="What people are told as the reason.")
    start: str = Field(description="Local time in `timezone`, such as 2026-12-19 18:00.")
    end: str = Field(description="End of the freeze; it may also carry an offset or Z.")
    when: PolicyWhen = Field(
        default=PolicyWhen(), description="What is frozen; without it, everything."
    )

    def freeze(self, zone: str) -> Freeze:
        """The freeze as the policy knows it; `zone` is that of times without an offset."""
        return Freeze(
            name=self.name,
            start=min(_readings(self.start, zone)),
            end=max(_readings(self.end, zone)),
            when=self.when.when(),
        )


def _readings(text: str, zone: str) -> tuple[datetime, datetime]:
    """The two moments a local time may mean while clocks are put back or forward: the same one at
    any other time, and where it carries an offset."""
    first = moment(text, zone)
    written = datetime.fromisoformat(text)
    if written.tzinfo is not None:
        return first, first
    return first, written.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)


class PolicySection(Section):
    """Who may run what; where no rule matches, opsbot's own hold."""

    rules: tuple[PolicyRuleSection, ...] = Field(
        default=(), description="The first whose conditions hold decides; then opsbot's own."
    )
    limits: tuple[LimitSection, ...] = Field(
        default=(), description="At most so many runs in so long a time."
    )
    freezes: tuple[FreezeSection, ...] = Field(
        default=(), description="Times in which nothing that changes anything runs."
    )
    break_glass: WhoSection = Field(
        default=WhoSection(),
        description="Who may run without approval and through a freeze, with a reason; nobody "
        "unless somebody is named.",
    )
    approvers: WhoSection = Field(
        default=WhoSection(roles=("lead",), on_call=True),
        description="Who may approve where neither rule nor runbook says.",
    )
    expires: Duration = Field(
        default=duration("15m"), description="How long approval is waited for, at most."
    )
    page_after: Duration = Field(
        default=duration("5m"),
        description="When nobody has answered, the next on-call is paged; nobody is when it is "
        "not shorter than `expires`.",
    )

    def policy(self, zone: str) -> Policy:
        """The policy that decides; `zone` is that of times without an offset."""
        return Policy(
            rules=tuple(rule.rule() for rule in self.rules),
            limits=tuple(limit.limit() for limit in self.limits),
            freezes=tuple(freeze.freeze(zone) for freeze in self.freezes),
            break_glass=self.break_glass.who(),
            approvers=self.approvers.who(),
            expires=self.expires,
            page_after=self.page_after,
        )
