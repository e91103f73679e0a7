"""FakeExecutor: a way of acting that does what its script says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from opsbot.core.runbook import Scalar
from opsbot.executors._masks import Masks
from opsbot.executors._output import Output
from opsbot.ports import CallOutcome, Failed, Plan, Succeeded, Ticket, Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """What one act comes to: it tells `lines`, hangs if it does, and ends with `outcome`, whose
    output is the lines where it has none of its own."""

    outcome: CallOutcome = field(default_factory=Succeeded)
    lines: tuple[str, ...] = ()
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeAct:
    """One act that was asked for."""

    call: Mapping[str, Any]
    binding: Mapping[str, Scalar]
    ticket: Ticket


class FakeExecutor:
    """The Executor port in memory. A call is `{do: <word>}` with anything beside it; the word
    finds its script, and one without a script succeeds. `planned` overrides what a plan says."""

    def __init__(self, name: str = "fake", scripts: Mapping[str, Scripted] | None = None) -> None:
        self.name = name
        self.scripts: dict[str, Scripted] = dict(scripts or {})
        self.planned: dict[str, Plan] = {}
        self.acts: list[FakeAct] = []

    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]:
        """A call needs a word that says what to do."""
        word = call.get("do")
        return () if isinstance(word, str) and word else ("write what to do: `do: restart`",)

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """`fake: restart`, or what the test has put into `planned`."""
        problems = self.check(call)
        if problems:
            return Plan(shown=self.name, refused=problems[0])
        known = self.planned.get(call["do"])
        return known or Plan(shown=f"{self.name}: {ascii(call['do'])[1:-1]}")

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        """What the script says, within the ticket's time and output."""
        problems = self.check(call)
        if problems:
            return Failed(said=problems[0])
        self.acts.append(FakeAct(call=call, binding=binding, ticket=ticket))
        script = self.scripts.get(call["do"], Scripted())
        output = Output(ticket.output_limit, Masks(), tell)
        output.feed("\n".join(script.lines).encode())
        kept = output.finish()
        try:
            async with asyncio.timeout(ticket.timeout_s):
                await (asyncio.Event().wait() if script.hangs else asyncio.sleep(0))
        except TimeoutError:
            said = f"it did not end within {ticket.timeout_s:g} s"
            return Unclear(said=said, output=kept.text, cut=kept.cut)
        outcome = script.outcome
        return outcome if outcome.output else replace(outcome, output=kept.text, cut=kept.cut)
