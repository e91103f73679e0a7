"""A run that somebody asks for, before anything is decided: read, rendered, and asked of whoever
would carry it out. Made beside the record's lock; verbs and policies only look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from opsbot.core.on_call import OnCall
from opsbot.core.parameter import Problem
from opsbot.core.runbook import Runbook, Scalar
from opsbot.core.runbook.rendered import RenderedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What would run, and what was learnt about it. Without `plan` it cannot run: `problems` say
    which arguments are wrong, `refused` why it cannot be done at all."""

    runbook: Runbook
    given: Mapping[str, str]  # the arguments as they were typed
    arguments: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    plan: RenderedRun | None = None
    preview: tuple[str, ...] = ()  # one line a step: exactly what will run, and where
    warnings: tuple[str, ...] = ()
    refused: str = ""
    duties: tuple[OnCall, ...] = ()  # who is on call for the service that is acted on
    staffing_problem: str = ""  # why the pager did not say who is on call; empty when it did


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Who is on call for the service of a run that waits: looked up anew at each click."""

    run_id: str
    duties: tuple[OnCall, ...] = ()
    problem: str = ""
