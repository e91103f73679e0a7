"""What remains of entries about runs when their words are redacted: that it was done, by which
hash, and how it ended. A run that has not begun cannot begin any more: its calls are gone."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import run_entry as r
from opsbot.core.entry import Body
from opsbot.core.runbook.rendered import RenderedRun, RenderedStep

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
        case r.RunVerified() | r.RunFinished() | r.RunJudged():
            return replace(body, said=_GONE)
        case _:
            return body


def _wordless(plan: RenderedRun) -> RenderedRun:
    return replace(
        plan, arguments={}, steps=tuple(_bare(step) for step in plan.steps),
        rollback=tuple(_bare(step) for step in plan.rollback),
    )  # fmt: skip


def _bare(step: RenderedStep) -> RenderedStep:
    return replace(step, call={}, when=None, binding={})
