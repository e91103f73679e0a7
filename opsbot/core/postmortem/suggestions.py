"""What might be worth an action item, told by rules from what went badly; people decide."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.core.evidence import Health
from opsbot.core.gaps import blind_in
from opsbot.core.points import source_name
from opsbot.core.postmortem import AlertProposal, Sentence, says
from opsbot.core.postmortem.backtest import NOT
from opsbot.core.postmortem.material import Material
from opsbot.core.postmortem.runs import runs_read
from opsbot.core.run_entry import RunOutcome
from opsbot.core.text import inert


def suggestions(about: Material, proposal: AlertProposal | None) -> tuple[Sentence, ...]:
    """One line for everything that should not meet the next responder again."""
    return tuple(_suggested(about, proposal))


def _refuted(proposal: AlertProposal) -> bool:
    """Whether the incident's own data says that the alert would have kept silent."""
    tested = proposal.backtest
    return tested.fires_at is None and not tested.said.lower().startswith(NOT)


def _suggested(about: Material, proposal: AlertProposal | None) -> Iterator[Sentence]:
    if proposal is not None and not _refuted(proposal):
        yield says(f"Take over the alert that is proposed under Detection, or say why not: "
                   f"{proposal.condition}.", *proposal.backtest.because)  # fmt: skip
    for blind in blind_in([report for report, _ in about.reports]):
        seqs = [seq for report, seq in about.reports if report.source == blind.source]
        source, why = source_name(blind.source), f" ({inert(blind.reason, 200)})"
        if blind.health is Health.STALE:
            yield says(f"Have somebody told when {blind.kind} in {source} stop{why}.", *seqs)
        elif blind.health is Health.UNREACHABLE:
            yield says(f"See why {source} could not be read{why}.", *seqs)
    for run in runs_read(about.entries):
        if run.unjudged:
            yield says(f"Find out what came of {run.name}, and say so.", run.entry.seq)
        elif run.outcome == RunOutcome.FAILED:
            yield says(f"See why {run.name} failed before it is needed again.", run.entry.seq)
        elif run.outcome == RunOutcome.EXPIRED:
            yield says(f"See who can approve {run.name} at such an hour.", run.entry.seq)
        elif run.request.break_glass:
            yield says(f"Go over the run of {run.name} that nobody approved.", run.entry.seq)
