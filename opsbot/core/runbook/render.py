"""From a runbook and its arguments to the run that will be done, and the hash that binds it.

Every look-up is filled in once, in one pass: what an argument holds is a value and never a
template, so `${...}` or `{{ }}` in it stays what it is, and one value is one element.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic_core import to_jsonable_python

from opsbot.core.codec import canonical
from opsbot.core.parameter import Problem
from opsbot.core.runbook import Condition, Runbook, Scalar, Step, Verification
from opsbot.core.runbook.argument import text_of
from opsbot.core.runbook.lookups import SECRETS, Lookup, Unresolved, fill, kept_names, parts_of
from opsbot.core.runbook.metric_query import filled_query
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep, Surroundings
from opsbot.core.runbook.surroundings import lacking, service_argument

TARGET = "run.target"


def render(
    runbook: Runbook, arguments: Mapping[str, Scalar], surroundings: Surroundings
) -> RenderedRun | tuple[Problem, ...]:
    """Exactly what will be done, or what is missing for it.

    `arguments` are as `read_arguments` gives them. An optional parameter that was not given leaves
    out the key whose whole value it is. Pure: the same arguments give the same hash.
    """
    service = service_argument(runbook, arguments) or str(
        surroundings.values.get("service.name", "")
    )
    optional = {p.name for p in runbook.parameters} - set(arguments)
    renderer = _Renderer({**surroundings.values, **arguments}, optional, service)
    target = renderer.text(runbook.guard.target)
    renderer.values[TARGET] = target
    run = RenderedRun(
        runbook=runbook.name,
        version=runbook.version,
        incident_id=surroundings.incident_id,
        arguments=dict(arguments),
        service=service,
        target=target,
        cooldown_s=runbook.guard.cooldown.total_seconds(),
        steps=renderer.steps(runbook.steps),
        rollback=renderer.steps(runbook.rollback),
        check=renderer.check(runbook.verification) if runbook.verification else None,
    )
    return renderer.problems or _sealed(run)


class _Renderer:
    """Fills in look-ups and keeps what is missing; `problems` tells it at the end."""

    def __init__(self, values: dict[str, Scalar], optional: set[str], service: str) -> None:
        self.values, self.optional, self.service = values, optional, service
        self._missing: dict[str, None] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(lacking(name, self.service) for name in self._missing)

    def steps(self, steps: Sequence[Step]) -> tuple[RenderedStep, ...]:
        return tuple(
            RenderedStep(
                name=step.name,
                executor=step.executor,
                call=cast("dict[str, Any]", self.value(step.call)),
                timeout_s=step.timeout.total_seconds(),
                output_limit=step.output_limit,
                when=self._condition(step.when),
                register=step.register,
            )
            for step in steps
        )

    def check(self, check: Verification) -> RenderedCheck:
        return RenderedCheck(
            source=check.source,
            signal=check.signal,
            query=self._query(check.query),
            service=self.text(check.service) if check.signal or not check.query else "",
            below=check.below,
            above=check.above,
            unit=check.unit,
            holds_s=check.holds.total_seconds(),
            every_s=check.every.total_seconds(),
            within_s=check.within.total_seconds(),
        )

    def value(self, value: Any) -> Any:
        """A call, or part of one, with its look-ups filled in; keys are never looked at."""
        if isinstance(value, str):
            return self._filled(value)
        if isinstance(value, list | tuple):
            return [self.value(item) for item in cast("list[Any]", value)]
        if isinstance(value, Mapping):
            items = cast("Mapping[str, Any]", value).items()
            return {
                key: self._secrets(item) if key == SECRETS else self.value(item)
                for key, item in items
                if not self._left_out(item)
            }
        return value

    def _secrets(self, value: Any) -> Any:
        filled = self.value(value)
        return kept_names(filled) if isinstance(value, Mapping) else filled

    def text(self, template: str) -> str:
        return text_of(self._filled(template))

    def _filled(self, template: str) -> Any:
        try:
            return fill(template, self.values)
        except Unresolved as missing:
            self._missing[str(missing)] = None
            return ""

    def _left_out(self, value: Any) -> bool:
        """Whether a value is nothing but an optional parameter that was not given."""
        if not isinstance(value, str):
            return False
        parts = parts_of(value)
        name = parts[0].name if len(parts) == 1 and isinstance(parts[0], Lookup) else ""
        return name in self.optional

    def _condition(self, condition: Condition | None) -> dict[str, Any] | None:
        if condition is None:
            return None
        value = "" if self._left_out(condition.value) else self._filled(condition.value)
        return {"value": value, "equals": condition.equals}

    def _query(self, template: str) -> str:
        try:
            return filled_query(template, self.values)
        except Unresolved as missing:
            self._missing[str(missing)] = None
            return ""


def with_bindings(run: RenderedRun, bindings: Mapping[str, Mapping[str, Scalar]]) -> RenderedRun:
    """The run with what each call's meaning depends on, by the step's name (`steps:0`,
    `rollback:1`), and the hash of all that."""
    steps = _bound(run.steps, "steps", bindings)
    rollback = _bound(run.rollback, "rollback", bindings)
    return _sealed(replace(run, steps=steps, rollback=rollback))


def _bound(
    steps: Sequence[RenderedStep], phase: str, bindings: Mapping[str, Mapping[str, Scalar]]
) -> tuple[RenderedStep, ...]:
    return tuple(
        replace(step, binding=dict(bindings.get(f"{phase}:{index}", {})))
        for index, step in enumerate(steps)
    )


def digest_of(run: RenderedRun) -> str:
    """SHA-256, as hex, over everything the run will do and the incident it is for."""
    whole = to_jsonable_python(replace(run, digest=""))
    return hashlib.sha256(canonical(whole)).hexdigest()


def _sealed(run: RenderedRun) -> RenderedRun:
    return replace(run, digest=digest_of(run))
