"""The alert that was missing: where none on the likely cause announced the incident, a rule on the
signal that moved first, tried on the incident's own data."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.entry import Severity
from opsbot.core.points import utc
from opsbot.core.postmortem import AlertProposal, Backtest, Code, says
from opsbot.core.postmortem.alert_rule import HOLDS, Bound, bound_for, rule_text
from opsbot.core.postmortem.backtest import backtest
from opsbot.core.postmortem.detection import has_alert_on
from opsbot.core.postmortem.material import Material, Seen
from opsbot.core.postmortem.runs import runs_read
from opsbot.core.text import inert

URGENT = (Severity.SEV1, Severity.SEV2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    seen: Seen
    bound: Bound
    expression: str


def propose_alert(about: Material) -> AlertProposal | None:
    """The rule; None when there is no clear suspect, when it had an alert, or when nothing moved
    that a rule could watch."""
    service = about.suspect
    if not service or has_alert_on(about, service):
        return None
    chosen = _first_moved(about, service)
    if chosen is None:
        return None
    seen, bound = chosen.seen, chosen.bound
    owner, runbook = _owner(about, service), _runbook(about, service)
    minutes = int(HOLDS.total_seconds() // 60)
    name = inert(service, 80)
    began = about.say(seen.finding.at)
    why = says(f"No alert told of the first sign in {name}, at {began}.", seen.entry,
               *about.ranked_in)  # fmt: skip
    return AlertProposal(
        service=name,
        why=why,
        condition=f"page when {name} has {bound.words} for {minutes} minutes",
        rule=Code(text=_rule(about, service, chosen, owner, runbook)),
        backtest=_tested(about, service, chosen),
        missing=tuple(label for label, value in (("owner", owner), ("runbook", runbook))
                      if not value),
    )  # fmt: skip


def _first_moved(about: Material, service: str) -> _Choice | None:
    """The earliest sign that a rule can watch and that would have paged by it; one without a known
    expression only if none has."""
    known = about.background.expressions(service)
    choices = [
        _Choice(seen=seen, bound=bound, expression=known.get(bound.signal, ""))
        for seen in sorted(about.findings, key=lambda s: utc(s.finding.at))
        if seen.finding.service == service and (bound := bound_for(seen.finding)) is not None
    ]
    written = [choice for choice in choices if choice.expression] or choices
    fires = (one for one in written if _tested(about, service, one).fires_at is not None)
    return next(fires, written[0] if written else None)


def _tested(about: Material, service: str, choice: _Choice) -> Backtest:
    return backtest(about, service, choice.seen.finding, choice.bound, choice.seen.entry)


def _rule(about: Material, service: str, chosen: _Choice, owner: str, runbook: str) -> str:
    if not chosen.expression:
        return ""
    severity = "critical" if about.incident.severity in URGENT else "warning"
    return rule_text(
        chosen.bound, service=service, expression=chosen.expression, severity=severity,
        owner=owner, runbook=runbook, incident=f"INC-{about.incident.number}",
    )  # fmt: skip


def _owner(about: Material, service: str) -> str:
    known = about.background.catalogue.named(service)
    return known.owner if known else ""


def _runbook(about: Material, service: str) -> str:
    """The runbook that helped, or else was run, on the service."""
    own = [run for run in runs_read(about.entries) if run.request.plan.service == service]
    helped = [run for run in own if run.helped]
    return (helped or own)[-1].name if own else ""
