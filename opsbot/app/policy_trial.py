"""The policy tried out: cases as they are written become attempts, decided as live runs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.app.store import Unusable
from opsbot.config import Settings
from opsbot.config.explain import validate
from opsbot.config.policy_cases import CaseSection, GivenSection, PastRunSection, time_or_ago
from opsbot.config.problem import Report
from opsbot.config.scalar import moment
from opsbot.core.moment import lasting
from opsbot.core.nearest import nearest
from opsbot.core.policy import Attempt, PastRun, Ruling, Verdict
from opsbot.core.policy_decision import Considered, considered, who_approves
from opsbot.core.runbook import AS_THE_POLICY_SAYS, Risk, Runbook, Who
from opsbot.core.text import count, inert


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a case comes to: everything `decide` is given."""

    attempt: Attempt
    target: str
    cooldown: timedelta
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A case with its verdict, and what is not as expected."""

    case: CaseSection
    verdict: Verdict
    wrong: tuple[str, ...]


def trial_of(
    given: GivenSection, settings: Settings, runbooks: Sequence[Runbook], now: datetime
) -> Trial:
    """The attempt that is written. Raises Unusable when it leaves open what has to be known."""
    known = next((one for one in runbooks if one.name == given.runbook), None)
    service = settings.catalogue.named(given.service)
    if given.service and service is None:
        names = [one.name for one in settings.catalogue.services]
        raise Unusable(_no_such("service", given.service, names))
    at = moment(given.at, settings.zone) if given.at else now
    target = given.service if given.target is None else given.target
    attempt = Attempt(
        runbook=given.runbook,
        risk=_risk(given.runbook, given.risk, runbooks),
        service=given.service,
        environment=_environment(given.environment, service.environment if service else ""),
        severity=given.severity,
        requester=given.requester,
        groups=frozenset(_group(name, settings) for name in given.groups),
        roles=frozenset(given.roles),
        on_call=given.on_call,
        full_member=not given.guest,
        break_glass=given.break_glass,
        approval=known.approval if known else AS_THE_POLICY_SAYS,
        recent=tuple(
            _past(run, number, given, target, at, settings, runbooks)
            for number, run in enumerate(given.recent)
        ),
    )
    cooldown = given.cooldown or (known.guard.cooldown if known else timedelta(0))
    return Trial(attempt=attempt, target=target, cooldown=cooldown, at=at)


def steps_of(trial: Trial, settings: Settings) -> Iterator[Considered]:
    """Everything that is asked on the way to the decision, up to what decides."""
    asked = considered(
        trial.attempt, settings.policy, trial.at, settings.zone, target=trial.target,
        cooldown=trial.cooldown,
    )  # fmt: skip
    for one in asked:
        yield one
        if one.verdict is not None:
            return


def verdict_on(trial: Trial, settings: Settings) -> Verdict:
    """The decision."""
    *_, last = steps_of(trial, settings)
    assert last.verdict is not None  # noqa: S101 - the last one decides
    return last.verdict


def asked_for(verdict: Verdict, service: str) -> str:
    """Whose yes is wanted, in how long, and who is paged; empty where nobody is asked."""
    if verdict.ruling is not Ruling.NEEDS_APPROVAL:
        return ""
    page = verdict.page_after
    paged = f"; after {lasting(page)} the next on-call is paged" if page else ""
    wants = f"{count(verdict.approvals, 'approval')} within {lasting(verdict.expires)}"
    return f"{wants}: {who_approves(verdict, service)}{paged}"


def checked(written: Mapping[str, Any]) -> GivenSection:
    """What the command line says, checked as a case of the file is. Raises ConfigInvalid."""
    report = Report("the command line", {})
    said = {key: value for key, value in written.items() if value not in (None, "", [])}
    given = validate(GivenSection, said, report)
    report.raise_if_any()
    assert given is not None  # noqa: S101 - what is not valid has been reported
    return given


def tried(case: CaseSection, settings: Settings, trial: Trial) -> Tried:
    """The case decided, and compared with what it expects."""
    verdict = verdict_on(trial, settings)
    return Tried(case=case, verdict=verdict, wrong=tuple(_wrong(case, verdict)))


def _wrong(case: CaseSection, verdict: Verdict) -> Iterator[str]:
    wanted = case.expect
    if verdict.ruling is not wanted.ruling:
        yield f"expected {wanted.ruling}, was {verdict.ruling}"
    if wanted.rule is not None and verdict.rule != wanted.rule:
        yield f"expected by '{wanted.rule}', was by '{verdict.rule}'"
    if wanted.approvals is not None and verdict.approvals != wanted.approvals:
        yield f"expected approvals: {wanted.approvals}, were {verdict.approvals}"


def _risk(name: str, written: Risk | None, runbooks: Sequence[Runbook]) -> Risk:
    known = next((one for one in runbooks if one.name == name), None)
    if written is None and known is None:
        raise Unusable(
            f"{_no_such('runbook', name, [one.name for one in runbooks])}; or write its risk"
        )
    return written if written is not None else known.risk if known else Risk.HIGH


def _environment(written: str | None, catalogue: str) -> str:
    return catalogue if written is None else written


def _past(
    run: PastRunSection, number: int, given: GivenSection, target: str, at: datetime,
    settings: Settings, runbooks: Sequence[Runbook],
) -> PastRun:  # fmt: skip
    started = time_or_ago(run.started, at, settings.zone) if run.started else None
    finished = time_or_ago(run.finished, at, settings.zone) if run.finished else None
    same = run.runbook in ("", given.runbook)
    risk = run.risk or (given.risk if same else None)
    return PastRun(
        run_id=f"{number + 1}",
        incident_id="another",
        runbook=run.runbook or given.runbook,
        target=run.target or target,
        service=run.service or given.service,
        risk=_risk(run.runbook or given.runbook, risk, runbooks),
        requester=run.requester or "somebody else",
        requested_at=started or finished or at,
        started_at=started,
        finished_at=finished,
        outcome="succeeded" if finished else "",
    )


def _group(written: str, settings: Settings) -> str:
    """The id of a user group that opsbot.yaml names; an id is taken as it is."""
    named = group_ids(settings)
    if written in named:
        return named[written]
    if written in named.values():
        return written
    raise Unusable(_no_such("user group", written, [*named]))


def group_ids(settings: Settings) -> Mapping[str, str]:
    """Ids of the user groups that the policy and the permissions name, by those names."""
    policy = settings.policy
    requesters = [rule.when.requester for rule in policy.rules]
    requesters += [freeze.when.requester for freeze in policy.freezes]
    named: list[Who] = [policy.break_glass, policy.approvers, *(rule.by for rule in policy.rules)]
    holders = [*settings.permissions, *named, *(who for who in requesters if who)]
    return {
        name: group
        for held in holders
        for name, group in zip(held.group_names, held.groups, strict=False)
    }


def _no_such(what: str, name: str, known: Sequence[str]) -> str:
    close = nearest(name, known)
    hint = f"did you mean {close}?" if close else f"known are {', '.join(known) or 'none'}"
    return f"there is no {what} {inert(name, 80)!r}; {hint}"
