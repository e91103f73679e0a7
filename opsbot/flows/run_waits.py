"""While a run waits for approval: it expires visibly, and the next on-call is paged when nobody
answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller
from opsbot.core.moment import lasting
from opsbot.core.on_call import OnCall, standing_on_call
from opsbot.core.people import slack_account
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.flows.intake import LOCK
from opsbot.flows.prepare_run import duties_for
from opsbot.flows.run_record import append_run
from opsbot.ports import Done, Ports, Refused, Steps

ASK_AGAIN = 30.0  # seconds until pager or Slack are asked again who is to be paged
PAGED_FOR = "approval:"  # how a page says which run it was made for


async def expire_run(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None: a run that still waits has expired, and says so."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> None:
        async with ports.record.transaction(LOCK) as tx:
            run = (await tx.incident(incident_id)).runs.get(run_id)
            if run is None or not run.waits:
                return
            waited = lasting(ports.clock.now() - run.requested_at)
            said = f"nobody approved it within {waited}"
            over = e.RunFinished(run_id=run_id, outcome=RunOutcome.EXPIRED, said=said)
            await append_run(tx, ports, incident_id, run_id, [("expired", over)])

    await steps.run("expire run", step)
    return None


async def nag_approval(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None once somebody on call who did not ask for the run was paged, or nobody is to be;
    seconds to look again while pager or Slack do not say who that is."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        run = _waiting(incident, run_id)
        if run is None:
            return None
        duties, problem = await duties_for(ports, run.plan.service, fresh=True)
        known = await _answered(ports, run)
        if problem or known is None:
            return ASK_AGAIN
        duty = _next(duties, incident, run, known, ports.rules.accounts)
        if duty is None:
            return None
        asked = e.PageAsked(
            what=inert(duty.person.name, 80),
            reason=f"{inert(run.title, 80)} waits for approval, asked for by "
            f"{inert(run.requester.name, 60)}",
            policy_id=duty.policy_id,
            user_ids=(duty.person.id,),
            because=f"{PAGED_FOR}{run_id}",
        )
        async with ports.record.transaction(LOCK) as tx:
            if _waiting(await tx.incident(incident_id), run_id) is not None:
                await append_run(tx, ports, incident_id, run_id, [("paged", asked)])
        return None

    return await steps.run("nag approval", step)


def _waiting(incident: Incident, run_id: str) -> Run | None:
    """The run while its approval matters to anybody."""
    run = incident.runs.get(run_id)
    return run if run is not None and run.waits and not incident.status.is_over else None


async def _answered(ports: Ports, run: Run) -> Sequence[Standing] | None:
    """Who asked for the run and who has approved it, as Slack knows them: the pager knows them by
    their address. None while Slack does not say."""
    found: list[Standing] = []
    for actor in (run.requester, *(one.by for one in run.approvals)):
        account = slack_account(actor.id)
        if ports.people is None or not account:
            continue
        match await ports.people.standing(Caller(user_id=account)):
            case Done(value=standing):
                found.append(standing)
            case Refused(retry_after=None):
                found.append(Standing(slack_id=account))
            case _:
                return None
    return found


def _next(
    duties: Sequence[OnCall], incident: Incident, run: Run, known: Sequence[Standing],
    accounts: Mapping[str, str],
) -> OnCall | None:  # fmt: skip
    """The nearest on-call who has said nothing to the run and was not paged for it yet."""
    paged = {
        user for page in incident.living.pages
        if page.because == f"{PAGED_FOR}{run.run_id}" for user in page.asked_ids
    }  # fmt: skip
    free = [
        duty for duty in duties
        if duty.person.id not in paged
        and not any(standing_on_call([duty], one, accounts) for one in known)
    ]  # fmt: skip
    return min(free, key=lambda duty: duty.level, default=None)
