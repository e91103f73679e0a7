"""The runbooks: can their files be used, can they be run here, and would anybody see whether it
helped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from opsbot.app.doctor.evidence import busiest
from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.inspected import finding_of
from opsbot.app.doctor.means import Means
from opsbot.app.gauges import any_service, never_verified
from opsbot.app.own_runbooks import team_folder, team_shelf
from opsbot.catalog.runbooks import Shelf, ShippedMissing
from opsbot.config import ConfigInvalid, ConfigProblem
from opsbot.core.runbook import Runbook, Verification
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.text import count, inert, listed
from opsbot.ports import Done, Inspection, Outcome, Refused, Trouble

_LOOK_UP = "${"
_SEE_FILES = "see runbooks.files"
_LIST = "`opsbot runbook check` lists every mistake"


async def files(means: Means) -> Finding:
    """Files that were left out, with the first mistake."""
    name = "runbooks.files"
    try:
        shelf = await _shelf(means)
    except ShippedMissing as missing:
        return bad(name, str(missing), "Install opsbot again")
    except ConfigInvalid as broken:
        said = _sentence(broken.problems[0]) if broken.problems else str(broken)
        return bad(name, f"a runbook of opsbot's own cannot be used: {said}", "Install it again")
    if not shelf.aside:
        return ok(name, f"{count(len(shelf.runbooks), 'runbook')}, and no file was left out")
    left = {problem.file for problem in shelf.aside}
    were = "was" if len(left) == 1 else "were"
    said = f"{count(len(left), 'file')} {were} left out; first: {_sentence(shelf.aside[0])}"
    return warn(name, said, f"{shelf.aside[0].fix}; {_LIST}")


async def runnable(means: Means) -> Finding:
    """Runbooks that nobody can run here: a team's own are worth a look, opsbot's are told."""
    name = "runbooks.executors"
    shelf = await _usable(means)
    if shelf is None:
        return skipped(name, _SEE_FILES)
    off = [one for one in shelf.runbooks if one.unavailable]
    said = f"{len(shelf.runbooks) - len(off)} of {count(len(shelf.runbooks), 'runbook')} can be run"
    if not off:
        return ok(name, said)
    reasons = "; ".join(f"{names}: {why}" for why, names in _by_reason(off).items())
    theirs = [one for one in off if Path(one.origin).parent == team_folder(means.settings)]
    if theirs:
        first = f"{theirs[0].name} cannot be run: {inert(theirs[0].unavailable, 300)}"
        return warn(name, f"{said}; {first}", f"Configure it, or remove the file; {_LIST}")
    return ok(name, f"{said}; not {reasons}")


async def gauges(means: Means) -> Finding:
    """Whether the metrics that verifications watch can be read, now, for some service."""
    name = "runbooks.gauges"
    shelf = await _usable(means)
    if shelf is None:
        return skipped(name, _SEE_FILES)
    watching = {
        one.name: one.verification
        for one in shelf.runbooks
        if one.verification and not one.unavailable
    }
    if not watching:
        return skipped(name, "no runbook that can be run here has a verification")
    never = {book: never_verified(means.settings, check) for book, check in watching.items()}
    troubles = [
        Trouble(
            said=f"every run of {runbook} ends as unknown: {why}",
            fix="Configure it, or run runbooks without `verification:`", hinders=False,
        )
        for runbook, why in never.items()
        if why
    ]  # fmt: skip
    checks = _questions(means, [watching[runbook] for runbook, why in never.items() if not why])
    asked = await asyncio.gather(*(_asked(means, check) for check in checks))
    troubles += [one for one in asked if one is not None]
    well = f"the metrics of {count(len(watching), 'runbook')} can be read"
    return finding_of(name, Inspection(well=well, troubles=tuple(troubles)))


def _questions(means: Means, watched: Sequence[Verification]) -> Sequence[RenderedCheck]:
    """What can be asked without a run: signals, and queries in which nothing is looked up."""
    checks = [any_service(one) for one in watched if _LOOK_UP not in one.query]
    known = [check for check in checks if check.source in means.gauges]
    return tuple({(one.source, one.signal, one.query): one for one in known}.values())


async def _asked(means: Means, check: RenderedCheck) -> Trouble | None:
    """One question about the services that most others call: something is always seen of them."""
    services = tuple(one.name for one in busiest(means.settings.catalogue))
    if check.signal and not services:
        return None
    gauge, what = means.gauges[check.source], inert(check.signal or check.query, 80)
    named = services if check.signal else ("",)
    answers = await asyncio.gather(*(gauge.read(replace(check, service=one)) for one in named))
    refused = next((one for one in answers if isinstance(one, Refused)), None)
    if refused is not None:
        said = f"{check.source} was asked for {what}: {refused.error}"
        return Trouble(said=said, fix=refused.cure, hinders=False)
    if any(_has_datum(answer) for answer in answers):
        return None
    about = f" of {listed(services)}" if check.signal else ""
    return Trouble(
        said=f"{check.source} has no datum of {what}{about}: a run would end as unknown",
        fix=f"Correct integrations.{check.source} (queries, service_label), or the verification",
        hinders=False,
    )


def _has_datum(answer: Outcome[float | None]) -> bool:
    return isinstance(answer, Done) and answer.value is not None


def _by_reason(off: Sequence[Runbook]) -> Mapping[str, str]:
    """Names by why they cannot be run."""
    names: dict[str, list[str]] = {}
    for one in off:
        names.setdefault(inert(one.unavailable, 200), []).append(one.name)
    return {why: listed(tuple(found)) for why, found in names.items()}


async def _shelf(means: Means) -> Shelf:
    return await asyncio.to_thread(team_shelf, means.settings, means.executors)


async def _usable(means: Means) -> Shelf | None:
    """The shelf; None when opsbot's own runbooks cannot be used."""
    try:
        return await _shelf(means)
    except (ShippedMissing, ConfigInvalid):
        return None


def _sentence(problem: ConfigProblem) -> str:
    line = f" line {problem.line}" if problem.line else ""
    key = f" {problem.key}" if problem.key else ""
    return f"{inert(Path(problem.file).name, 80)}{line}{key}: {inert(problem.problem, 300)}"
