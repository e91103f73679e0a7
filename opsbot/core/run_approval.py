"""Who may say yes to a run: not who asked for it, not twice, not late, not elsewhere, not to
anything but the hash that was shown; and by what they are at the moment of the click."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.invocation import How
from opsbot.core.moment import clock_text
from opsbot.core.on_call import standing_on_call
from opsbot.core.policy_decision import approver_standing, who_approves
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.run_request import roles_of
from opsbot.core.runbook.render import digest_of
from opsbot.core.runbook.rendered import RenderedRun
from opsbot.core.text import inert, listed
from opsbot.core.verb import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverStanding:
    """Why somebody may approve, or why not."""

    why: str = ""
    refused: str = ""


def waiting_run(scene: Scene, run_id: str) -> Run | str:
    """The run that is meant: the one named, else the only one that waits; or what to say."""
    runs = scene.here.runs
    if run_id:
        run = runs.get(run_id)
        if run is None:
            return "There is no such run in this incident."
        return run if run.waits else _no_more(run)
    waiting = [run for run in runs.values() if run.waits]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        return "No run waits for approval."
    named = listed(tuple(f"{inert(r.title, 60)} ({r.run_id})" for r in waiting), 5)
    return f"Several runs wait: {named}. Press the button of the one you mean, or name it."


def _no_more(run: Run) -> str:
    if run.outcome is None:
        return "It is approved already and has begun."
    ends = {
        RunOutcome.DENIED: "was denied", RunOutcome.EXPIRED: "has expired; press Ask again",
        RunOutcome.WITHDRAWN: "was taken back",
    }  # fmt: skip
    return f"It does not wait any more: it {ends.get(run.outcome, 'is over')}."


def approval_of(scene: Scene, run: Run, digest: str) -> ApproverStanding:
    """Whether the caller may approve this run by this press. A typed line carries no hash: it means
    the run as the room shows it."""
    me, asked = scene.me, scene.asked
    if run.requester.id == me.actor.id:
        return _no("You asked for it, so somebody else has to say yes.")
    if run.expires_at is not None and scene.now >= run.expires_at:
        return _no(f"It expired at {clock_text(run.expires_at)}; press Ask again.")
    if any(one.by.id == me.actor.id for one in run.approvals):
        return _no("You have approved it already; each person counts once.")
    if (digest or asked.how is How.BUTTON) and digest != run.plan.digest:
        return _no("That button shows another run than the one that waits; nothing was approved.")
    if _elsewhere(scene, run):
        return _no("That message does not belong to this run; use the one in its own room.")
    if not is_whole(run.plan):
        return _no("What it would do was redacted, so nobody can approve it any more.")
    book = scene.rules.runbook(run.plan.runbook)
    if book is None or book.version != run.plan.version:
        return _no("The runbook was edited since this was asked for; it has to be asked again.")
    why = _standing(scene, run)
    if why:
        return ApproverStanding(why=why)
    duties = scene.duties.get(run.run_id)
    unsure = f" Who is on call is not known: {duties.problem}" if duties and duties.problem else ""
    can = who_approves(run.verdict, run.plan.service)
    return _no(f"You cannot approve this one. Who can: {can}.{unsure}")


def is_whole(plan: RenderedRun) -> bool:
    """Whether what stands on the record is still what its hash was made of: nothing of it was
    redacted or scrubbed since."""
    return digest_of(plan) == plan.digest


def _no(why: str) -> ApproverStanding:
    return ApproverStanding(refused=why)


def _elsewhere(scene: Scene, run: Run) -> bool:
    """Whether the button that was pressed stands in another room than the run's own message. The
    Home tab, and answers for one person alone, have no such message."""
    place = scene.asked.place
    shown = scene.here.surface.messages.get(f"run:{run.run_id}")
    pressed = scene.asked.how is How.BUTTON and place.message_ts and not place.ephemeral
    if not pressed:
        return False
    return shown is None or shown.channel_id != place.channel_id


def _standing(scene: Scene, run: Run) -> str:
    duties = scene.duties.get(run.run_id)
    duty = standing_on_call(duties.duties, scene.me, scene.rules.accounts) if duties else None
    return approver_standing(
        run.verdict, groups=scene.me.groups, roles=roles_of(scene.me, scene.here),
        on_call=duty is not None, full_member=not scene.me.outsider, service=run.plan.service,
    )  # fmt: skip
