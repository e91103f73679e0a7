"""The executors that runbooks may use here, built from their settings and ready to act."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opsbot.app.tracing import traced
from opsbot.catalog import executor_names, find_executor
from opsbot.config import ExecutorUnusable, Settings
from opsbot.executors import ExecutorKind, Tools
from opsbot.ports import Clock, Executor, Http

log = logging.getLogger(__name__)


def build_executors(settings: Settings, http: Http, clock: Clock) -> Mapping[str, Executor]:
    """Every configured executor by its name, and those that need no settings; one that needs some
    and has none is not there."""
    made = {
        known.name: known.kind.make(
            known.settings, Tools(http=http, clock=clock, secrets=known.secrets)
        )
        for known in settings.executors
    }
    for kind in _always():
        if kind.name not in made:
            tools = Tools(http=http, clock=clock, secrets={})
            made[kind.name] = kind.make(kind.settings(), tools)
    return {name: traced(executor, name) for name, executor in sorted(made.items())}


def executor_checks(
    executors: Mapping[str, Executor],
) -> Mapping[str, Callable[[Mapping[str, Any]], Sequence[str]] | None]:
    """How each executor that exists looks at a runbook's call; None for one not configured here."""
    names = dict.fromkeys((*executor_names(), *executors))
    return {name: executors[name].check if name in executors else None for name in names}


def _always() -> list[ExecutorKind]:
    found: list[ExecutorKind] = []
    for name in executor_names():
        try:
            kind = find_executor(name)
        except ExecutorUnusable as broken:
            # Nobody has configured it: it stops nobody else.
            log.warning("the executor %s is left out: %s", name, broken)
            continue
        if kind is not None and kind.always:
            found.append(kind)
    return found
