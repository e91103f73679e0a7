"""The noop executor: does nothing and says its text; for examples and drills.

    call: { say: "the cache of ${service} would be emptied", values: { emptied: true } }

Its output is the text, and later steps may look its values up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from opsbot.core.runbook import Scalar
from opsbot.core.text import inert
from opsbot.executors import ExecutorKind, Tools
from opsbot.executors._call_fields import (
    is_scalar,
    shown_unresolved,
    unknown_fields,
    unresolved,
)
from opsbot.executors._masks import Masks
from opsbot.executors._output import Output
from opsbot.ports import CallOutcome, Executor, Failed, Plan, Succeeded, Ticket

FIELDS = ("say", "values")


class NoopSettings(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoopExecutor:
    """Says what it is told to say. Its output is that text."""

    name: str = "noop"

    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]:
        """A call is a text to say, and values to give to later steps."""
        problems = list(unknown_fields(call, FIELDS))
        say, values = call.get("say", ""), call.get("values")
        if not is_scalar(say) and not unresolved(say):
            problems.append("say: write a text")
        if values is None:
            return tuple(problems)
        if not isinstance(values, Mapping):
            return (*problems, "values: write `name: value` lines below it")
        given = cast("Mapping[Any, Any]", values).items()
        problems += [
            f"values.{inert(str(name), 60)}: write a text or a number"
            for name, value in given
            if not is_scalar(value) and not unresolved(value)
        ]
        return tuple(problems)

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """`does nothing, and says: ...`"""
        problems = self.check(call)
        if problems:
            return Plan(shown="noop", refused=problems[0])
        said = inert(shown_unresolved(call.get("say", "")), 400)
        return Plan(shown=f"does nothing, and says: {said}" if said else "does nothing")

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        """Succeed, with the text as output and the values as they stand."""
        problems = self.check(call)
        if problems:
            return Failed(said=problems[0])
        output = Output(ticket.output_limit, Masks(), tell)
        output.feed(shown_unresolved(call.get("say", "")).encode("utf-8", "replace"))
        kept = output.finish()
        given = cast("Mapping[str, Any]", call.get("values") or {}).items()
        values: dict[str, Scalar] = {name: value for name, value in given if is_scalar(value)}
        return Succeeded(output=kept.text, said="Nothing was done.", values=values, cut=kept.cut)


def _make(settings: NoopSettings, tools: Tools) -> Executor:
    return NoopExecutor()


EXECUTOR = ExecutorKind(name="noop", settings=NoopSettings, make=_make, always=True)
