"""A run made ready to be decided on: arguments read, calls rendered, every executor asked what it
would do, and the pager who is on call. Nothing is changed by it, here or elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence

from opsbot.cards.render import render as drawn
from opsbot.core.card import Card, line
from opsbot.core.incident import Incident
from opsbot.core.on_call import OnCall
from opsbot.core.parameter import Problem
from opsbot.core.run_card import shown_whole
from opsbot.core.run_prepared import Prepared
from opsbot.core.run_preview import back_line, check_line, step_line
from opsbot.core.runbook import Runbook, Scalar
from opsbot.core.runbook.arguments import read_arguments
from opsbot.core.runbook.lookups import Unresolved, resolve
from opsbot.core.runbook.render import render, with_bindings
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep
from opsbot.core.runbook.surroundings import surroundings
from opsbot.core.text import inert
from opsbot.ports import Done, Plan, Ports, Refused, Unsure

log = logging.getLogger(__name__)
PLANS_WITHIN = 8.0  # seconds in which every executor has to say what it would do
MOST_WARNINGS = 12
TOO_LONG = (
    "a message of Slack has no room for all that it would do, so nobody could read what they "
    "approve; shorten the arguments, or make two runbooks of it"
)


def rendered(
    ports: Ports, incident: Incident, runbook: Runbook, given: Mapping[str, str]
) -> tuple[Mapping[str, Scalar], RenderedRun | tuple[Problem, ...]]:
    """The arguments as they were understood, and the run; or what is wrong with them."""
    rules = ports.rules
    names = tuple(service.name for service in rules.catalogue.services)
    arguments, problems = read_arguments(runbook, given, names, ports.record.clean)
    if problems:
        return arguments, problems
    return arguments, render(runbook, arguments, surroundings(incident, rules, runbook, arguments))


async def prepare(
    ports: Ports, incident: Incident, runbook: Runbook, given: Mapping[str, str], *,
    fresh: bool = False,
) -> Prepared:  # fmt: skip
    """Everything that is known of the run before it is decided on; `fresh` asks the pager anew."""
    arguments, plan = rendered(ports, incident, runbook, given)
    if isinstance(plan, tuple):
        return Prepared(runbook=runbook, given=given, arguments=arguments, problems=plan)
    plans, (duties, problem) = await asyncio.gather(
        plans_of(ports, plan), duties_for(ports, plan.service, fresh=fresh)
    )
    bindings = {name: dict(found.binding) for name, found in plans.items()}
    plan = with_bindings(plan, bindings)
    refused = next((found.refused for found in plans.values() if found.refused), "")
    preview = _preview(plan, plans)
    warnings = _shown((*_unverified(ports, plan.check), *_warnings(plans)))
    if not refused and not _can_be_shown(preview, warnings):
        refused = TOO_LONG
    return Prepared(
        runbook=runbook, given=given, arguments=arguments, plan=plan,
        preview=preview, warnings=warnings, refused=refused,
        duties=duties, staffing_problem=problem,
    )  # fmt: skip


def named_steps(plan: RenderedRun) -> Sequence[tuple[str, RenderedStep]]:
    """Every step under the name its binding is kept by."""
    forward = [(f"steps:{index}", step) for index, step in enumerate(plan.steps)]
    back = [(f"rollback:{index}", step) for index, step in enumerate(plan.rollback)]
    return [*forward, *back]


async def plans_of(ports: Ports, plan: RenderedRun) -> Mapping[str, Plan]:
    """What every step would do, as far as it can be asked: a step that needs what an earlier one
    finds out is only described."""
    steps = named_steps(plan)
    found = await asyncio.gather(*(_plan(ports, step) for _, step in steps))
    return {name: one for (name, _), one in zip(steps, found, strict=True)}


async def _plan(ports: Ports, step: RenderedStep) -> Plan:
    executor = ports.executors.get(step.executor)
    if executor is None:
        cure = f"add `{step.executor}:` under `executors:` in opsbot.yaml"
        return Plan(shown=step.name, refused=f"{step.executor} is not configured: {cure}")
    try:
        # What an earlier step finds out is left open: the executor says what it can without it.
        call = resolve(step.call, {}, partly=True)
        async with asyncio.timeout(PLANS_WITHIN):
            return await executor.plan(call)
    except Unresolved as missing:
        return Plan(shown=step.name, refused=str(missing))
    except TimeoutError:
        said = f"{step.executor} did not say within {PLANS_WITHIN:.0f} s what it would do"
        return Plan(shown=step.name, refused=f"{said}; try again")
    except Exception as error:  # executors do not raise; one that does runs nothing
        log.exception("the executor %s raised", step.executor)
        said = f"{step.executor} cannot say what it would do ({type(error).__name__})"
        return Plan(shown=step.name, refused=said)


def _preview(plan: RenderedRun, plans: Mapping[str, Plan]) -> tuple[str, ...]:
    lines = [
        step_line(index, step, plans[f"steps:{index}"].shown)
        for index, step in enumerate(plan.steps)
    ]
    if plan.check is not None:
        lines.append(check_line(plan.check))
    lines += [back_line(plans[f"rollback:{index}"].shown) for index, _ in enumerate(plan.rollback)]
    return tuple(lines)


def _can_be_shown(preview: tuple[str, ...], warnings: tuple[str, ...]) -> bool:
    """Whether one message of Slack has room for all of it, beside who asked and who may approve."""
    beside = [line("x" * 200, label="Needs") for _ in range(8)]
    whole = Card(header="x" * 150, lines=(*shown_whole(preview, warnings), *beside))
    return not drawn(whole).cut


def _unverified(ports: Ports, check: RenderedCheck | None) -> Iterator[str]:
    """That nobody here could tell whether the run helped."""
    if check is None or check.source in ports.gauges:
        return
    source = inert(check.source, 60)
    yield (
        f"whether it helped cannot be verified: {source} is not configured as a source of metrics "
        "(`integrations:` in opsbot.yaml), so the outcome of the run would be unknown: a person is "
        "asked, and nothing is rolled back"
    )


def _warnings(plans: Mapping[str, Plan]) -> Iterator[str]:
    """What executors warn of: of the steps first, then of the way back, which says so."""
    for name, plan in plans.items():
        of = "the rollback: " if name.startswith("rollback:") else ""
        yield from (f"{of}{inert(warning, 400)}" for warning in plan.warnings)


def _shown(warnings: Sequence[str]) -> tuple[str, ...]:
    """Each warning once, and no more than a message has room for: what is left out is counted."""
    said = tuple(dict.fromkeys(warnings))
    if len(said) <= MOST_WARNINGS:
        return said
    rest = len(said) - MOST_WARNINGS + 1
    return (*said[: MOST_WARNINGS - 1], f"{rest} more warnings have no room here")


async def duties_for(
    ports: Ports, service: str, *, fresh: bool = False
) -> tuple[tuple[OnCall, ...], str]:
    """Who is on call for a service of the catalogue; or why the pager did not say."""
    known = ports.rules.catalogue.named(service)
    if ports.staffing is None or known is None or not known.pagerduty_id:
        return (), ""
    match await ports.staffing.on_call(service_id=known.pagerduty_id, fresh=fresh):
        case Done(value=duties):
            return duties, ""
        case Refused(error=error, cure=cure):
            return (), f"{error}; {cure}" if cure else error
        case Unsure(reason=reason):
            return (), reason
