"""Approves exactly the run that was shown, by somebody else than who asked for it."""

from opsbot.core import entry as e
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.run_approval import approval_of, waiting_run
from opsbot.core.run_card import run_title
from opsbot.core.text import count
from opsbot.core.verb import Fact, Reads, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Approve, if this person may, now, here, and exactly this."""
    run = waiting_run(scene, str(values.get("run", "")))
    if isinstance(run, str):
        return refuse(run)
    standing = approval_of(scene, run, str(values.get("digest", "")))
    if standing.refused:
        return refuse(standing.refused)
    fact = e.RunApproved(run_id=run.run_id, digest=run.plan.digest, standing=standing.why)
    key = f"run:{run.run_id}:approved:{scene.me.slack_id}"
    left = run.verdict.approvals - len(run.approvals) - 1
    more = f"; {count(left, 'more approval')} wanted" if left > 0 else "; it begins"
    said = f"Approved: {run_title(run)}{more}."
    return Reply(card=answer(said), facts=(Fact(body=fact, key=key),))


VERB = Verb(
    name="approve",
    summary="approve the run that waits",
    usage="[run]",
    parameters=(
        Parameter(name="run", kind=Kind.TEXT, label="run"),
        Parameter(name="digest", kind=Kind.TEXT, label="hash"),
    ),
    reads=frozenset({Reads.APPROVAL}),
    changes=True,
    when_over=False,
    run=run,
)
