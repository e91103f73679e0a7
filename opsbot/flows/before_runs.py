"""What has to be asked before a run can be decided on: what it would do, and who is on call for
what waits. Asked outside the record's lock, for the verbs that read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from opsbot.core.incident import Incident
from opsbot.core.reading import Reading
from opsbot.core.run_prepared import Duties, Prepared
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.asked import AGAIN, CONFIRM, asked_run
from opsbot.core.standing import Standing
from opsbot.core.verb import Reads, Verb
from opsbot.flows.answering import understand
from opsbot.flows.prepare_run import duties_for, prepare
from opsbot.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeRuns:
    """What was learnt: the run that is asked for, and duties by the run that waits."""

    prepared: Prepared | None = None
    duties: Mapping[str, Duties] = field(default_factory=lambda: MappingProxyType({}))


NO_RUNS = BeforeRuns()


def needs_fresh_standing(reading: Reading) -> bool:
    """Whether what was remembered of the caller will not do: they approve, or say yes to a run."""
    verb = reading.verb
    if verb is None:
        return False
    return _says_yes(reading) or Reads.APPROVAL in verb.reads


def _says_yes(reading: Reading) -> bool:
    """Whether a run is said yes to: it may begin at once."""
    asks = reading.verb is not None and Reads.RUN in reading.verb.reads
    return asks and bool({CONFIRM, AGAIN} & set(reading.values))


async def read_runs(
    ports: Ports, book: tuple[Verb, ...], reading: Reading, me: Standing
) -> BeforeRuns:
    """Ask executors and the pager, for a verb that wants to know and a person who may."""
    verb = reading.verb
    if verb is None or not {Reads.RUN, Reads.APPROVAL} & verb.reads:
        return NO_RUNS
    rules, now = ports.rules, ports.clock.now()
    understood = await understand(ports.record, book, reading.asked, me, rules, now)
    incident = understood.incident
    if understood.denied is not None or incident is None or understood.wants_form:
        return NO_RUNS
    if Reads.APPROVAL in verb.reads:
        return BeforeRuns(duties=await _duties(ports, incident))
    return BeforeRuns(prepared=await _prepared(ports, understood.reading, incident))


async def _duties(ports: Ports, incident: Incident) -> Mapping[str, Duties]:
    """Who is on call now for every run that waits."""
    found: dict[str, Duties] = {}
    for run in incident.runs.values():
        if run.waits:
            duties, problem = await duties_for(ports, run.plan.service, fresh=True)
            found[run.run_id] = Duties(run_id=run.run_id, duties=duties, problem=problem)
    return MappingProxyType(found)


async def _prepared(ports: Ports, reading: Reading, incident: Incident) -> Prepared | None:
    ask = asked_run(reading.values, ports.rules)
    runbook, given = ask.runbook, ask.given
    again = incident.runs.get(ask.ours.get(AGAIN, ""))
    if again is not None:
        runbook = ports.rules.runbook(again.plan.runbook)
        given = typed(runbook, again.plan.arguments) if runbook else {}
    if runbook is None or ask.problems:
        return None
    return await prepare(ports, incident, runbook, given, fresh=_says_yes(reading))
