"""What remains of entries about runs when their words are redacted: that it was done, by which
hash, and how it ended. A run that has not begun cannot begin any more: its calls are gone."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import run_entry as r
from opsbot.core.entry import Body
from opsbot.core.run_target import silenced_target
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep

_GONE = "[redacted]"


def what_remains_of_run(body: Body) -> Body:
    """The body without anybody's words; what is no entry about a run comes back as it is."""
    match body:
        case r.RunRequested():
            glass = _GONE if body.break_glass else ""
            return replace(
                body, title=_GONE, preview=(), warnings=(), break_glass=glass,
                plan=_wordless(body.plan), verdict=replace(body.verdict, reason=_GONE),
            )  # fmt: skip
        case r.RunApproved():
            return replace(body, standing=_GONE)
        case r.RunDenied():
            return replace(body, reason=_GONE)
        case r.StepProgressed():
            return replace(body, tail="")
        case r.StepFinished():
            return replace(body, said="", tail="", output="", values={})
        case r.RunStarted():
            return replace(body, unread=_GONE if body.unread else "")
        case r.RunOutputShared():
            return replace(body, problem=_GONE if body.problem else "")
        case r.RunVerified() | r.RunFinished() | r.RunJudged():
            return replace(body, said=_GONE)
        case _:
            return body


def _wordless(plan: RenderedRun) -> RenderedRun:
    """The plan without everything that arguments were filled into.

    What is left is the runbook's own (name, version, names of steps, bounds) or a name of the
    catalogue, which a service is by the time it is asked for. The hash of all of it stays, too:
    approvals count by it, and without them a run that has begun would never end. Whoever reads the
    database, has the runbook and guesses every argument can check the guess against it.
    """
    return replace(
        plan, arguments={}, target=silenced_target(plan.target),
        steps=tuple(_bare(step) for step in plan.steps),
        rollback=tuple(_bare(step) for step in plan.rollback),
        check=_unspoken(plan.check) if plan.check else None,
    )  # fmt: skip


def _unspoken(check: RenderedCheck) -> RenderedCheck:
    """That it was to be verified, against which bounds; a run without any would count as done."""
    return replace(check, query="", service="")


def _bare(step: RenderedStep) -> RenderedStep:
    return replace(step, call={}, when=None, binding={})
