"""While a run waits for approval: it expires visibly, and the next on-call is paged when nobody
answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.moment import lasting
from opsbot.core.on_call import OnCall
from opsbot.core.people import slack_account
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.text import inert
from opsbot.flows.intake import LOCK
from opsbot.flows.prepare_run import duties_for
from opsbot.flows.run_record import append_run
from opsbot.ports import Ports, Steps

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
    """Answer None: somebody on call who can approve was asked for through the pager, if anybody
    is, and was not before."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> None:
        incident = await ports.record.incident(incident_id)
        run = incident.runs.get(run_id)
        if run is None or not run.waits:
            return
        duties, _ = await duties_for(ports, run.plan.service, fresh=True)
        duty = _next(duties, incident, run)
        if duty is None:
            return
        asked = e.PageAsked(
            what=inert(duty.person.name, 80),
            reason=f"{inert(run.title, 80)} waits for approval, asked for by "
            f"{inert(run.requester.name, 60)}",
            policy_id=duty.policy_id,
            user_ids=(duty.person.id,),
            because=f"{PAGED_FOR}{run_id}",
        )
        async with ports.record.transaction(LOCK) as tx:
            held = (await tx.incident(incident_id)).runs.get(run_id)
            if held is not None and held.waits:
                await append_run(tx, ports, incident_id, run_id, [("paged", asked)])

    await steps.run("nag approval", step)
    return None


def _next(duties: Sequence[OnCall], incident: Incident, run: Run) -> OnCall | None:
    """The nearest on-call who did not ask for the run and was not paged for it yet."""
    paged = {
        user for page in incident.living.pages
        if page.because == f"{PAGED_FOR}{run.run_id}" for user in page.asked_ids
    }  # fmt: skip
    own = slack_account(run.requester.id)
    free = [
        duty for duty in duties
        if duty.person.id not in paged and not (own and slack_account(duty.person.id) == own)
    ]  # fmt: skip
    return min(free, key=lambda duty: duty.level, default=None)
