"""What every executor promises, whatever it acts on. An executor's test inherits these suites.

`ExecutorContract` is for all of them; the others for those that have output, that can hang, or
that know secrets. Nothing but its own effects tells them apart.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbot.ports import CallOutcome, Executor, Failed, Plan, Succeeded, Unclear
from tests.executors.stage import SECRET, Acting, ticket

Call = dict[str, Any]

_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["$(id)", "`id`", "'; id #", "{{ x }}", "${x}", "a\x00b", "../..", "-rf"])
)  # fmt: skip
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def one_line(text: str) -> bool:
    """Whether a text is one line without anything that a terminal or a reader would obey."""
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text)


def spoilt(call: Mapping[str, Any]) -> st.SearchStrategy[Call]:
    """The call with some of its values replaced by anything, and perhaps with a key of its own."""
    values = st.fixed_dictionaries({}, optional=dict.fromkeys(call, JSON))
    others = st.dictionaries(st.text(max_size=8), JSON, max_size=1)
    return st.tuples(values, others).map(lambda both: {**call, **both[0], **both[1]})


class ExecutorContract:
    """Inherit, say what a good and a bad call is, and every rule is tested."""

    name: str
    acts_outside: bool = True  # whether an act leaves a trace that `effects` counts
    examples: int = 60  # calls of any shape that are tried

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        """The executor, with whatever it acts on."""
        raise NotImplementedError
        yield

    def good(self) -> Call:
        """A call that succeeds."""
        raise NotImplementedError

    def never(self) -> Sequence[Call]:
        """Calls that could never run, as they are written in a runbook."""
        raise NotImplementedError

    def half_done(self) -> Call | None:
        """A call that changes something and then fails, within ten seconds; None where a failure
        is taken to have left nothing behind."""
        return None

    def effects(self) -> int:
        """How often something was done outside so far."""
        raise NotImplementedError

    def done(self, times: int) -> int:
        """The effects that so many acts have."""
        return times if self.acts_outside else 0

    @staticmethod
    def kept(outcome: CallOutcome, limit: int = 65_536) -> None:
        """The rules of every outcome."""
        assert isinstance(outcome, Succeeded | Failed | Unclear)
        assert len(outcome.output.encode()) <= limit
        assert isinstance(outcome, Succeeded) or outcome.said
        assert one_line(outcome.said)
        assert all(one_line(line) for line in outcome.output.replace("\t", " ").split("\n"))

    async def test_it_has_its_own_name(self) -> None:
        """Runbooks name it so."""
        async with self.executor() as executor:
            assert executor.name == self.name

    async def test_a_good_call_is_planned_and_done(self) -> None:
        """Nothing speaks against it, its plan is one line, and it is done once."""
        async with self.executor() as executor:
            assert executor.check(self.good()) == ()
            plan = await executor.plan(self.good())
            assert (plan.refused, one_line(plan.shown)) == ("", True)
            before = self.effects()
            outcome = await executor.act(self.good(), plan.binding, ticket(), lambda line: None)
            assert isinstance(outcome, Succeeded), outcome
            self.kept(outcome)
            assert self.effects() == before + self.done(1)

    async def test_a_failure_says_truly_whether_it_acted(self) -> None:
        """What changed something before it failed has something to take back: the rollback begins
        for it, and for nothing that was refused."""
        call = self.half_done()
        async with self.executor() as executor:
            before = self.effects()
            if call is not None:
                outcome = await Acting(executor).out(call, timeout_s=2.0)
                assert isinstance(outcome, Failed), outcome
                assert (outcome.acted, self.effects()) == (True, before + 1)
            before = self.effects()
            refused = await Acting(executor).out(self.never()[0])
            assert isinstance(refused, Failed), refused
            assert (refused.acted, self.effects()) == (False, before)

    async def test_planning_and_checking_change_nothing(self) -> None:
        """A preview may be asked for any number of times, and says the same."""
        async with self.executor() as executor:
            before = self.effects()
            plans = [await executor.plan(self.good()) for _ in range(3)]
            executor.check(self.good())
            assert self.effects() == before
            assert plans[0] == plans[1] == plans[2]

    async def test_a_call_that_could_never_run_is_told_and_not_done(self) -> None:
        """The checker says it first; the plan refuses it, and acting does nothing."""
        async with self.executor() as executor:
            for call in self.never():
                before = self.effects()
                assert executor.check(call), call
                plan = await executor.plan(call)
                assert plan.refused, call
                outcome = await executor.act(call, {}, ticket(), lambda line: None)
                assert isinstance(outcome, Failed), call
                self.kept(outcome)
                assert self.effects() == before

    def test_no_call_of_any_shape_raises(self) -> None:
        """Whatever JSON a call is, it ends in sentences, a plan and an outcome."""

        @settings(
            max_examples=self.examples, deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )  # fmt: skip
        @given(call=st.dictionaries(st.text(max_size=8), JSON, max_size=4) | spoilt(self.good()))
        def any_call(call: Call) -> None:
            asyncio.run(tried(call))

        async def tried(call: Call) -> None:
            async with self.executor() as executor:
                assert all(one_line(problem) for problem in executor.check(call))
                plan = await executor.plan(call)
                assert isinstance(plan, Plan)
                assert one_line(plan.shown + plan.refused + "".join(plan.warnings))
                said: list[str] = []
                before = self.effects()
                outcome = await executor.act(call, plan.binding, ticket(timeout_s=2), said.append)
                self.kept(outcome)
                unfounded = isinstance(outcome, Failed) and outcome.acted
                assert not unfounded or self.effects() > before
                assert all(one_line(line.replace("\t", " ")) for line in said)

        any_call()

    async def test_many_at_once_do_not_mix(self) -> None:
        """Runs of different targets go on side by side."""
        async with self.executor() as executor:
            before = self.effects()
            done = await asyncio.gather(*(Acting(executor).out(self.good()) for _ in range(8)))
            assert all(isinstance(outcome, Succeeded) for outcome in done)
            assert self.effects() == before + self.done(8)


class TalkingContract(ExecutorContract):
    """For executors whose acts have output of their own."""

    def talking(self, lines: Sequence[str]) -> Call:
        """A call whose output is these lines."""
        raise NotImplementedError

    async def test_short_output_is_kept_whole_and_told_line_by_line(self) -> None:
        lines = ["one", "two", "drei"]
        async with self.executor() as executor:
            acting = Acting(executor)
            outcome = await acting.out(self.talking(lines))
        assert isinstance(outcome, Succeeded)
        assert (outcome.output.split("\n"), outcome.cut) == (lines, False)
        assert acting.told == lines

    @pytest.mark.parametrize("limit", [0, 1, 100, 1_000, 4_096])
    async def test_long_output_is_cut_to_its_limit_and_says_so(self, limit: int) -> None:
        """What is dropped is said, whatever the limit."""
        lines = [f"line {number} äöü" for number in range(2_000)]
        async with self.executor() as executor:
            outcome = await Acting(executor).out(self.talking(lines), output_limit=limit)
        assert isinstance(outcome, Succeeded)
        self.kept(outcome, limit)
        assert outcome.cut
        assert outcome.output.startswith("line 0"[:limit])

    async def test_somebody_who_cannot_listen_does_not_stop_the_act(self) -> None:
        def deaf(line: str) -> None:
            raise RuntimeError(line)

        async with self.executor() as executor:
            outcome = await executor.act(self.talking(["one", "two"]), {}, ticket(), deaf)
        assert isinstance(outcome, Succeeded)
        assert outcome.output == "one\ntwo"

    async def test_terminal_escapes_and_control_characters_are_taken_out(self) -> None:
        """Output is foreign: it may not move a cursor, ring a bell or reorder a line."""
        async with self.executor() as executor:
            acting = Acting(executor)
            outcome = await acting.out(self.talking(["\x1b[31mred\x1b[0m\x07", "a\u202eb\x00c"]))
        assert "\x1b" not in outcome.output
        self.kept(outcome)
        assert outcome.output.startswith("red")
        assert "\u202e" not in outcome.output
        assert "".join(acting.told) == outcome.output.replace("\n", "")


class HangingContract(ExecutorContract):
    """For executors whose acts may take for ever."""

    patience: float = 8.0  # seconds until an act that hangs has to be over, whatever it does
    hangs_for: float = 0.3  # seconds after which it hangs, however busy the machine is

    def hanging(self) -> Call:
        """A call that does not end by itself."""
        raise NotImplementedError

    def left_running(self) -> int:
        """How much of it still runs."""
        return 0

    async def test_what_hangs_is_ended_in_time_and_its_outcome_is_unclear(self) -> None:
        """It may have happened: nobody knows, and nobody tries again by themselves."""
        async with self.executor() as executor, asyncio.timeout(self.patience):
            outcome = await Acting(executor).out(self.hanging(), timeout_s=self.hangs_for)
            assert isinstance(outcome, Unclear), outcome
            self.kept(outcome)
            assert f"{self.hangs_for:g} s" in outcome.said
            assert self.left_running() == 0

    async def test_what_is_cancelled_is_ended_at_once(self) -> None:
        """A shutdown does not wait for a step, and leaves nothing behind."""
        async with self.executor() as executor, asyncio.timeout(self.patience):
            task = asyncio.create_task(Acting(executor).out(self.hanging(), timeout_s=60))
            await asyncio.sleep(self.hangs_for)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert self.left_running() == 0


class SecretiveContract(ExecutorContract):
    """For executors that are given secrets; SECRET is the one they are given."""

    def telling_secret(self) -> Call:
        """A call with a secret, which comes back in its output."""
        raise NotImplementedError

    async def test_a_secret_is_in_no_plan_no_output_and_no_line(self) -> None:
        """Its name is shown, its text nowhere."""
        async with self.executor() as executor:
            acting = Acting(executor)
            plan = await executor.plan(self.telling_secret())
            outcome = await acting.out(self.telling_secret())
        assert SECRET not in repr((plan, outcome, acting.told, executor))
        assert "deploy-token" in plan.shown
        assert "[removed: deploy-token]" in outcome.output

    async def test_an_unknown_secret_is_told_beforehand(self) -> None:
        """A runbook that names a secret nobody has configured is found out by its check."""
        async with self.executor() as executor:
            call = self.telling_secret()
            call["secrets"] = dict.fromkeys(call["secrets"], "no-such-token")
            assert any("no-such-token" in problem for problem in executor.check(call))
            outcome = await Acting(executor).out(call)
        assert isinstance(outcome, Failed)
        assert "no-such-token" in outcome.said
