"""A run as it will be done: every argument in its place, bound by one hash.

What is approved is this value and nothing else: it is rendered again at the click and before the
first step, and a hash that differs stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opsbot.core.runbook import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedStep:
    """One step. In `call` a look-up of an earlier step's value stands as `{"$from": "step.value"}`,
    or inside text as `{"$text": ["pods of ", {"$from": ...}]}`: arguments are never read again."""

    name: str
    executor: str
    call: dict[str, Any]
    timeout_s: float
    output_limit: int
    when: dict[str, Any] | None = None  # {"value": ..., "equals": ...}
    register: tuple[str, ...] = ()
    binding: dict[str, Scalar] = field(default_factory=dict[str, Scalar])  # see `ports.Plan`


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedCheck:
    """The verification with its look-ups filled in."""

    source: str
    signal: str
    query: str
    service: str
    below: float | None
    above: float | None
    unit: str
    holds_s: float
    every_s: float
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRun:
    """Everything a run will do. `digest` is the SHA-256 of all of it and the incident's id."""

    runbook: str
    version: str
    arguments: dict[str, Scalar]
    service: str  # the catalogue's name of what is acted on; empty when it is none
    target: str
    cooldown_s: float
    steps: tuple[RenderedStep, ...]
    rollback: tuple[RenderedStep, ...] = ()
    check: RenderedCheck | None = None
    incident_id: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What look-ups may name besides the arguments: `${incident.number}`, `${service.environment}`
    and the like. Every value is a scalar; an unknown name is a problem, never an empty text."""

    incident_id: str
    values: Mapping[str, Scalar]  # by dotted name
