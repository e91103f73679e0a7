"""Says no to a run that waits for approval; whoever asked for it can take it back."""

from opsbot.core import entry as e
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.run_approval import approval_of, waiting_run
from opsbot.core.run_card import run_title
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reads, Reply, Scene, Values, Verb, answer, given, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Deny it, by who could approve it or asked for it."""
    run = waiting_run(scene, str(values.get("run", "")))
    if isinstance(run, str):
        return refuse(run)
    own = run.requester.id == scene.me.actor.id
    standing = approval_of(scene, run, run.plan.digest)
    if not own and standing.refused:
        return refuse(standing.refused)
    reason = inert(str(values.get("reason", "")), 300) or "no reason was given"
    fact = e.RunDenied(run_id=run.run_id, reason=reason)
    done = "Taken back" if own else "Denied"
    key = f"run:{run.run_id}:denied:{scene.me.slack_id}"
    return Reply(card=answer(f"{done}: {run_title(run)}."), facts=(Fact(body=fact, key=key),))


def form(scene: Scene, values: Values) -> Form:
    """Why not."""
    return Form(
        verb="deny", title="Deny the run", submit="Deny", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id, extra={"run": given(values, "run")},
        fields=(
            Field(name="reason", label="Why not", kind=FieldKind.LONG_TEXT, limit=300,
                  required=True, value=given(values, "reason")),
        ),
    )  # fmt: skip


VERB = Verb(
    name="deny",
    aliases=("reject",),
    summary="deny the run that waits",
    usage='["why not"]',
    parameters=(
        Parameter(name="reason", kind=Kind.TEXT, label="reason", required=True),
        Parameter(name="run", kind=Kind.TEXT, label="run"),
    ),
    reads=frozenset({Reads.APPROVAL}),
    changes=True,
    form=form,
    run=run,
)
