"""A postmortem as a value: every section as data, drafted from the record in plain sentences.

`draft.py` makes it; `opsbot/documents` writes it as Markdown, JSON and HTML. Every sentence carries
the numbers of the entries it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from opsbot.core.measures import Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Words for a reader, one line without markup; `because` names the entries behind them."""

    text: str
    because: tuple[int, ...] = ()
    url: str = ""  # where the evidence can be looked at


def says(text: str, *because: int, url: str = "") -> Sentence:
    """A sentence that rests on these entries. A quotation that ends one needs no second stop."""
    if text.endswith((".”.", "!”.", "?”.", "….")):
        text = text[:-1]
    return Sentence(text=text, because=tuple(dict.fromkeys(because)), url=url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Words that are shown letter for letter: a command, a rule, a line of output."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch of the story, told in a paragraph; `listed` where each sentence has a time of
    its own and evidence to look at, so that a list reads better."""

    title: str
    sentences: tuple[Sentence, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Something that contributed, with what speaks for it; never a person."""

    name: str
    confidence: str
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Words that were meant for customers."""

    at: datetime
    text: str
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline. `weight` is that of `timeline.TimelineEntry`."""

    at: datetime
    text: str
    sources: tuple[str, ...]
    url: str
    entry: int
    weight: int
    gap: bool
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTold:
    """One step of a run and what came of it."""

    name: str
    phase: str
    outcome: str
    said: str
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTold:
    """One run of a runbook: exactly what ran, who allowed it, and whether it helped."""

    run_id: str
    runbook: str
    title: str
    service: str
    preview: tuple[Code, ...]
    sentences: tuple[Sentence, ...]
    steps: tuple[StepTold, ...]
    outcome: str  # of `run_entry.RunOutcome`, `waiting` or `running`
    verdict: Sentence | None  # what the verification saw
    break_glass: str
    unjudged: bool  # nobody can say what came of it, and nobody has found out
    because: tuple[int, ...]
    warnings: tuple[Sentence, ...] = ()  # what the preview warned of


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action item; an empty owner and no date are for the reader to see."""

    item: int
    text: str
    owner: str
    due: date | None
    done: bool
    url: str
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Somebody who took part, and how."""

    name: str
    parts: tuple[str, ...]
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart. `path` is where the Markdown finds the image, empty when there is none."""

    slot: str
    title: str
    alt: str
    path: str
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What the proposed rule would have done with the incident's own data."""

    said: str
    fires_at: datetime | None
    earlier_s: float | None  # before the page; negative: after it. None: not back-tested
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertProposal:
    """An alert on what moved first, where none announced it. `rule` is a Prometheus rule file,
    empty when no expression of that signal is known."""

    service: str
    why: Sentence
    condition: str  # in words
    rule: Code
    backtest: Backtest
    missing: tuple[str, ...]  # labels that somebody has to fill in


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """The whole document. `through` is the last entry it was made from, `head` the hash of the
    chain there, as far as whoever asked for the document knew it."""

    incident_id: str
    number: int
    title: str
    stem: str
    gist: str  # one sentence, for a commit or a message
    private: bool
    severity: str
    status: str
    service: str
    opened_at: datetime | None
    through: int
    head: str
    summary: tuple[Sentence, ...]
    impact: tuple[Sentence, ...]
    measured: tuple[Sentence, ...]
    story: tuple[Phase, ...]
    figures: tuple[Figure, ...]
    factors: tuple[Factor, ...]
    identified: tuple[Sentence, ...]  # what people said that it was
    factor_notes: tuple[Sentence, ...]
    detection: tuple[Sentence, ...]
    proposal: AlertProposal | None
    response: tuple[Sentence, ...]
    messages: tuple[Message, ...]
    resolution: tuple[Sentence, ...]
    timeline: tuple[Line, ...]
    gaps: tuple[Sentence, ...]
    runs: tuple[RunTold, ...]
    went_well: tuple[Sentence, ...]
    went_badly: tuple[Sentence, ...]
    actions: tuple[Action, ...]
    suggestions: tuple[Sentence, ...]
    responders: tuple[Responder, ...]
    measures: Measures
    proof: tuple[Sentence, ...]
