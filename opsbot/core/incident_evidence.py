"""What entries about evidence change: questions, looks, reports, suspects and pictures."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.evidence import SourceReport
from opsbot.core.incident_parts import Ask, Drawn
from opsbot.core.incident_runs import apply_runs
from opsbot.core.incident_state import Incident, extended

ASKS_KEPT = 24


def apply_evidence(state: Incident, entry: Entry) -> Incident:
    """The incident after an entry about evidence; others change nothing."""
    match entry.body:
        case e.EvidenceAsked() as body:
            return _asked(state, entry, body)
        case e.EvidenceCollected(report=report, asked=asked):
            return _collected(state, report, asked)
        case e.EvidenceComplete(asked=asked):
            return _complete(state, entry, asked)
        case e.SuspectsRanked(ranking=ranking):
            return replace(state, ranking=ranking)
        case e.Illustrated(slot=slot, file_id=file_id, title=title, alt=alt):
            drawn = Drawn(file_id=file_id, title=title, alt=alt, seq=entry.seq)
            return replace(state, pictures=extended(state.pictures, slot, drawn))
        case e.PagerNoted(text=text):
            return replace(state, pager_notes=(*state.pager_notes, text))
        case _:
            return apply_runs(state, entry)


def _asked(state: Incident, entry: Entry, body: e.EvidenceAsked) -> Incident:
    """A question of the incident's own begins anew; somebody's look stands beside it, and a
    person who asks the same again keeps what is known until it is answered."""
    ask = Ask(
        seq=entry.seq, by=entry.actor, window=body.window, sources=body.sources,
        services=body.services, look=body.look,
    )  # fmt: skip
    state = replace(state, asks=(*state.asks, ask)[-ASKS_KEPT:])
    if body.look:
        return state
    by_person = entry.actor.is_person and state.window is not None
    kept = dict(state.reports) if by_person else {}
    return replace(
        state,
        window=state.window if by_person else body.window,
        asked_sources=tuple(dict.fromkeys((*kept, *body.sources))),
        evidence_complete_at=None,
        reports=MappingProxyType(kept),
    )


def _look_of(state: Incident, asked: int) -> Ask | None:
    return next((ask for ask in state.asks if ask.seq == asked and ask.look), None)


def _collected(state: Incident, report: SourceReport, asked: int) -> Incident:
    look = _look_of(state, asked)
    if look is None:
        return replace(state, reports=extended(state.reports, report.source, report))
    told = replace(look, reports=extended(look.reports, report.source, report))
    return replace(state, asks=tuple(told if a.seq == asked else a for a in state.asks))


def _complete(state: Incident, entry: Entry, asked: int) -> Incident:
    asks = tuple(
        replace(ask, complete=True) if ask.seq == asked or (not asked and not ask.look) else ask
        for ask in state.asks
    )
    state = replace(state, asks=asks)
    if _look_of(state, asked) is not None:
        return state
    return replace(state, evidence_complete_at=entry.occurred_at)
