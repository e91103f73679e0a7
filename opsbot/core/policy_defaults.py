"""The rules that hold where opsbot.yaml has none that matches: a second person is asked where it
matters, not everywhere. docs/policy.md says each of them in words."""

from __future__ import annotations

from opsbot.core.policy import PolicyRule, Ruling, When
from opsbot.core.runbook import Risk, Who

# Who answers for the service or for the incident, and so knows what a low risk means right now.
NEAR = Who(roles=("lead", "responder"), on_call=True)

READING = PolicyRule(
    name="reading",
    ruling=Ruling.ALLOWED,
    when=When(risks=(Risk.NONE,)),
    reason="it changes nothing",
)
LOW_RISK_NEAR = PolicyRule(
    name="low risk, by who is near",
    ruling=Ruling.ALLOWED,
    when=When(risks=(Risk.LOW,), requester=NEAR),
    reason="it is undone in a moment",
)
LOW_RISK = PolicyRule(
    name="low risk",
    ruling=Ruling.NEEDS_APPROVAL,
    when=When(risks=(Risk.LOW,)),
    reason="who asks neither takes part in the incident nor is on call",
)
MEDIUM_RISK = PolicyRule(
    name="medium risk",
    ruling=Ruling.NEEDS_APPROVAL,
    when=When(risks=(Risk.MEDIUM,)),
    reason="it may break something else",
)
# One, and not two: two people besides the one who asks are seldom awake. A rule may ask for more.
HIGH_RISK = PolicyRule(
    name="high risk",
    ruling=Ruling.NEEDS_APPROVAL,
    reason="it may make things worse for everybody",
)

# The last one has no conditions, so one of them always matches.
DEFAULT_RULES = (READING, LOW_RISK_NEAR, LOW_RISK, MEDIUM_RISK, HIGH_RISK)
