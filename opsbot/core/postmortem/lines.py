"""The timeline as whoever reads the document wants it: runs by their runbook's name, a fact told
once, and sources by the names that people know."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.points import source_name, utc
from opsbot.core.postmortem import Line
from opsbot.core.postmortem.material import Material
from opsbot.core.postmortem.runs import RunRead, runs_read
from opsbot.core.run_entry import RunOutcome
from opsbot.core.run_timeline import run_line
from opsbot.core.timeline import TimelineEntry, build_timeline

_OF_ITSELF = (e.PostmortemDrafted, e.PostmortemFailed)
_OWN = ("routing",)  # parts of opsbot that write entries under a name of their own


def lines(about: Material) -> tuple[Line, ...]:
    """Every line that a reader of the incident would see, each with where it comes from; none of
    how this document was written."""
    entries = {x.seq: x for x in about.entries if not isinstance(x.body, _OF_ITSELF)}
    runs = {run.request.run_id: run for run in runs_read(about.entries)}
    told = build_timeline(entries.values())
    return tuple(_line(_of_run(runs, entries[one.seq], one)) for one in told)


def _line(line: TimelineEntry) -> Line:
    sources = tuple(_source(one) for one in (line.source, *line.also))
    return Line(
        at=utc(line.at), text=line.text, url=line.link, entry=line.seq, weight=line.weight,
        sources=tuple(dict.fromkeys(sources)), gap=line.gap, late=line.late,
    )  # fmt: skip


def _source(name: str) -> str:
    return "opsbot" if name in _OWN else source_name(name)


def _of_run(runs: dict[str, RunRead], entry: e.Entry, line: TimelineEntry) -> TimelineEntry:
    """The line of a run with its runbook's name; an end that says again what the verification has
    said is detail."""
    run = runs.get(getattr(entry.body, "run_id", ""))
    words = run_line(entry, run.name) if run else None
    if run is None or words is None:
        return line
    text, weight = words
    return replace(line, text=text, weight=0 if _is_repeated(run, entry.body) else weight)


def _is_repeated(run: RunRead, body: e.Body) -> bool:
    return (
        isinstance(body, e.RunFinished)
        and body.outcome is RunOutcome.SUCCEEDED
        and run.verified is not None
        and run.verified[1].said == body.said
    )
