"""The stories: async, deterministic, speaking to ports only. `flows_for` names them for the engine.

a page arrives     intake.take        one record transaction: facts and what they owe
a person asks      act.act            who, which verb, which incident; facts, and an answer
what Slack knows   beforehand.look_up what has to be asked before the record is locked
the pager          tell_pager         what a person did in Slack, done there in their name
pictures           illustrate         charts and a waterfall, drawn elsewhere, shown in the thread
how it ended       illustrate_end     the chart once more, with the recovery
the room           converge           plan, difference, the missing calls, facts
evidence           investigate        every source at once, each answer recorded as it comes
a run              run_step           one step, claimed, done at most once; its result kept
did it help        verify_run         the metric watched until it is where it should be
nobody says yes    run_waits          the request expires; the next on-call is paged
its output         share_output       one file below the run's message
an update is due   remind             the lead alone; once the room, when nobody leads
a word in private  tell_person        a role, or a lead to take over, that somebody was given
what was learnt    write_postmortem   the record as a document, drafted and kept
where it is read   publish_postmortem one place: read, merged with people's words, put back
a second look      route_again        still open after N seconds?
operators          tell_ops           one line in the ops channel
the bot itself     watch_delivery     Slack stuck: say so at the pager
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from opsbot.flows.converge import converge
from opsbot.flows.illustrate import illustrate
from opsbot.flows.illustrate_end import illustrate_end
from opsbot.flows.investigate import investigate
from opsbot.flows.page_people import page_people
from opsbot.flows.publish_postmortem import publish_postmortem
from opsbot.flows.remind import remind
from opsbot.flows.route_again import route_again
from opsbot.flows.run_step import run_step
from opsbot.flows.run_waits import expire_run, nag_approval
from opsbot.flows.share_output import share_output
from opsbot.flows.tell_ops import tell_ops
from opsbot.flows.tell_pager import tell_pager
from opsbot.flows.tell_person import tell_person
from opsbot.flows.verify_run import verify_run
from opsbot.flows.write_postmortem import write_postmortem
from opsbot.ports import Flow, Ports

# Flows of one idempotent step: the record's own facts are their checkpoint, so the engine's would
# add nothing but its cost (docs/adr/0002). They run straight from the obligation that owes them.
ONE_STEP = frozenset(
    {
        "converge", "archive", "look_again", "route_again", "tell_ops", "tell_pager",
        "tell_person", "remind_update",
        "page_people", "illustrate", "illustrate_end", "run_step", "verify_run", "expire_run",
        "nag_approval", "share_output", "write_postmortem", "publish_postmortem",
    }
)  # fmt: skip


def flows_for(ports: Ports) -> Mapping[str, Flow]:
    """Every flow by the purpose of the obligation it settles."""
    return {
        "converge": partial(converge, ports),
        "archive": partial(converge, ports),
        "look_again": partial(converge, ports),
        "collect": partial(investigate, ports),
        "route_again": partial(route_again, ports),
        "tell_ops": partial(tell_ops, ports),
        "tell_pager": partial(tell_pager, ports),
        "tell_person": partial(tell_person, ports),
        "remind_update": partial(remind, ports),
        "page_people": partial(page_people, ports),
        "illustrate": partial(illustrate, ports),
        "illustrate_end": partial(illustrate_end, ports),
        "run_step": partial(run_step, ports),
        "verify_run": partial(verify_run, ports),
        "expire_run": partial(expire_run, ports),
        "nag_approval": partial(nag_approval, ports),
        "share_output": partial(share_output, ports),
        "write_postmortem": partial(write_postmortem, ports),
        "publish_postmortem": partial(publish_postmortem, ports),
    }
