"""Suspects: which service the evidence points at, ranked by a general rule, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Confidence(StrEnum):
    """How much of the evidence agrees on a suspect; `confidence_means` says it in a sentence."""

    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One sign that points at a service. `text` holds no time: it is read `text`, `when`, `at`."""

    text: str  # "memory at 99 % of its limit (usually 57 %)"; foreign text already inert
    at: datetime | None = None
    source: str = ""
    weight: float = 0.0  # 0 to 1: the part of the doubt this sign takes away by itself
    finding: str = ""  # the finding's fold key
    when: str = "since"  # "at" for what happened once


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A service with what points at it, strongest first; `score` runs from 0 to below 1."""

    service: str
    score: float
    confidence: Confidence
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """At most five suspects, most suspect first; `verdict` says why none of them is clear."""

    suspects: tuple[Suspect, ...] = ()
    verdict: str = ""
    version: str = "v0"
    unseen: tuple[str, ...] = ()  # kinds of evidence that were missing, in whole or in part
    less_likely: tuple[Reason, ...] = ()  # changes that began after the onset; none is cleared
    onset: datetime | None = None  # the first sign of the first suspect, else of any service


_MEANS = {
    Confidence.LIKELY: "at least two independent kinds of evidence (metrics, logs, traces, "
    "changes) point at this service, one more for each kind that was missing, and nothing else "
    "comes near it",
    Confidence.POSSIBLE: "something points at this service, but it is weak, or of one kind only, "
    "or evidence was missing, or something else is as suspect",
}


def confidence_means(confidence: Confidence) -> str:
    """What the word means, and that nobody has measured yet how often it is right."""
    return (
        f"“{confidence.value.capitalize()}” means: {_MEANS[confidence]}. Nobody has measured yet "
        f"how often “{confidence.value}” is right: check it before you rely on it."
    )
