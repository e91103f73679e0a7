"""What the policy would say of a run on paper: to the people whom the command line describes, or
else to whoever is on call and to anybody else. Decided by the code that decides live runs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from opsbot.app.policy_trial import asked_for, checked, trial_of, verdict_on
from opsbot.config import Settings
from opsbot.config.policy_cases import GivenSection
from opsbot.core.policy import PastRun, Ruling, Verdict
from opsbot.core.policy_decision import who_approves
from opsbot.core.run_prepared import Prepared
from opsbot.core.severity import Severity
from opsbot.core.text import inert, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said to whom."""

    whom: str
    verdict: Verdict
    service: str

    @property
    def sentence(self) -> str:
        """One line of it: the ruling, its rule, why, and who would have to say yes."""
        verdict = self.verdict
        wants = asked_for(verdict, self.service)
        said = f"{verdict.ruling} by '{verdict.rule}': {verdict.reason}"
        return f"{said}; {wants}" if wants else said

    @property
    def data(self) -> dict[str, Any]:
        """The same for machines."""
        verdict, asks = self.verdict, self.verdict.ruling is Ruling.NEEDS_APPROVAL
        return {
            "whom": self.whom, "ruling": str(verdict.ruling), "rule": verdict.rule,
            "reason": verdict.reason, "approvals": verdict.approvals,
            "approvers": who_approves(verdict, self.service) if asks else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPaper:
    """Verdicts, and what was assumed for them."""

    said: tuple[Said, ...]
    assumed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a verdict depends on besides who asks: the time, the incident and the runs of late.
    `known` says that there is an incident and a record of runs."""

    now: datetime
    severity: Severity = Severity.UNSET
    recent: Sequence[PastRun] = ()
    known: bool = False


def on_paper(
    prepared: Prepared, settings: Settings, arguments: Namespace, world: World
) -> OnPaper | None:
    """The verdicts on a run that could be rendered; None where there is none.

    Raises ConfigInvalid and Unusable for options that mean nothing.
    """
    plan = prepared.plan
    if plan is None:
        return None
    about = {
        "runbook": prepared.runbook.name, "risk": prepared.runbook.risk.value,
        "service": plan.service, "target": plan.target, "environment": arguments.environment,
        "severity": arguments.severity or world.severity.value,
    }  # fmt: skip
    given = [
        (whom, checked({**about, **asker}))
        for whom, asker in _askers(arguments, inert(plan.service, 80))
    ]
    said = tuple(_said(whom, one, prepared, settings, world) for whom, one in given)
    return OnPaper(said=said, assumed=_assumed(given[0][1], settings, world))


def _said(
    whom: str, given: GivenSection, prepared: Prepared, settings: Settings, world: World
) -> Said:
    trial = trial_of(given, settings, (prepared.runbook,), world.now)
    trial = replace(trial, attempt=replace(trial.attempt, recent=tuple(world.recent)))
    return Said(whom=whom, verdict=verdict_on(trial, settings), service=given.service)


def _askers(arguments: Namespace, service: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those whom the command line describes; without a word of it, who is near and who is not."""
    asker = {
        "groups": arguments.as_group, "roles": arguments.as_role, "on_call": arguments.on_call,
        "guest": arguments.as_guest,
    }  # fmt: skip
    if any(asker.values()):
        yield _described(arguments, service), asker
        return
    if service:
        yield f"somebody on call for {service}", {"on_call": True}
    yield "anybody else" if service else "anybody", {}


def _described(arguments: Namespace, service: str) -> str:
    words = [
        *(f"member of {inert(name, 60)}" for name in arguments.as_group),
        *(f"{inert(role, 60)} of the incident" for role in arguments.as_role),
        *([f"on call for {service or 'the service'}"] if arguments.on_call else []),
    ]
    who = "a guest" if arguments.as_guest else "somebody"
    return f"{who} who is {listed(tuple(words), 12)}" if words else who


def _assumed(given: GivenSection, settings: Settings, world: World) -> str:
    service = settings.catalogue.named(given.service)
    told = service.environment if service else ""
    environment = (given.environment or "") if given.environment is not None else told
    where = f"environment {inert(environment, 60)}" if environment else "an unknown environment"
    runs = "the runs of the record" if world.known else "no other run of late"
    return f"that it is asked for now; severity {given.severity}; {where}; {runs}"
