"""What is approved is what stands on the record: a plan comes back from it with the same hash, or
it is known that something of it is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.entry import Draft, RunRequested
from opsbot.core.people import Actor, ActorKind
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.run_approval import is_whole
from opsbot.core.run_redaction import what_remains_of_run
from opsbot.core.runbook import Example, Risk, Runbook
from opsbot.core.runbook.arguments import read_arguments
from opsbot.core.runbook.render import render, with_bindings
from opsbot.core.runbook.rendered import RenderedRun, RenderedStep, Surroundings
from opsbot.core.runbook.surroundings import KNOWN
from opsbot.core.scrub import Scrubber
from opsbot.store.entry_row import seal
from tests.runbooks.test_examples import EXAMPLES

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANN = Actor(kind=ActorKind.PERSON, id="slack:U0ANN", name="Ann")
VERDICT = Verdict(ruling=Ruling.ALLOWED, rule="x", reason="x")
RENDERED = [(book, example) for book, example in EXAMPLES if example.renders]
scalars = (
    st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
calls = st.dictionaries(
    st.text(alphabet="abcxyz_", min_size=1, max_size=8),
    scalars | st.lists(scalars, max_size=3)
    | st.dictionaries(st.text(alphabet="abcxyz", min_size=1, max_size=5), scalars, max_size=3),
    max_size=5,
)  # fmt: skip


def back(plan: RenderedRun) -> RenderedRun:
    """The plan as it is read from the record that took it."""
    body = RunRequested(run_id="r", title="t", risk=Risk.LOW, plan=plan, preview=(), warnings=(),
                        verdict=VERDICT)  # fmt: skip
    draft = Draft(key="k", occurred_at=NOON, actor=ANN, source="slack", body=body)
    sealed = seal(draft, "inc-1", after=(0, ""), recorded_at=NOON, scrubber=Scrubber(), salt=b"s")
    held = sealed.entry.body
    assert isinstance(held, RunRequested)
    return held.plan


def planned(call: dict[str, Any], binding: dict[str, Any]) -> RenderedRun:
    step = RenderedStep(name="s", executor="x", call=call, timeout_s=5.0, output_limit=100)
    bare = RenderedRun(runbook="r", version="v", arguments={}, service="", target="",
                       cooldown_s=0.0, steps=(step,), incident_id="inc-1")  # fmt: skip
    return with_bindings(bare, {"steps:0": binding})


@pytest.mark.parametrize(
    ("runbook", "example"), RENDERED, ids=[f"{book.name}: {one.name}" for book, one in RENDERED]
)
def test_every_shipped_runbook_comes_back_whole(runbook: Runbook, example: Example) -> None:
    """The scrubber sees no secret in any of them: those are named, and read where they are kept."""
    service = example.arguments.get("service", "")
    arguments, problems = read_arguments(runbook, example.arguments, (service,))
    assert problems == ()
    values: dict[str, Any] = dict.fromkeys(KNOWN, service or "x")
    values |= {"incident.number": 7, **example.surroundings}
    plan = render(runbook, arguments, Surroundings(incident_id="inc-1", values=values))
    assert isinstance(plan, RenderedRun), plan
    assert is_whole(back(with_bindings(plan, {})))


@settings(max_examples=200, deadline=None)
@given(call=calls, binding=st.dictionaries(st.text("abc", min_size=1, max_size=4), scalars))
def test_whatever_a_call_holds_comes_back_with_the_same_hash(
    call: dict[str, Any], binding: dict[str, Any]
) -> None:
    """Numbers stay the numbers they were, and texts the texts; or it is known that they did not."""
    plan = planned(call, binding)
    held = back(plan)
    assert is_whole(plan)
    if held.steps == plan.steps:
        assert is_whole(held)
    else:
        assert not is_whole(held)


def test_a_plan_of_which_a_secret_was_taken_out_is_not_whole() -> None:
    """What would be done is not what was approved: it must not begin."""
    token = "Bearer abcdefghijklmnopqrstuvwxyz0123456789"
    held = back(planned({"headers": {"authorization": token}}, {}))
    assert token not in str(held)
    assert not is_whole(held)


def test_a_redacted_plan_is_not_whole() -> None:
    plan = planned({"do": "x"}, {})
    body = RunRequested(run_id="r", title="t", risk=Risk.LOW, plan=plan, preview=(), warnings=(),
                        verdict=VERDICT)  # fmt: skip
    left = what_remains_of_run(body)
    assert isinstance(left, RunRequested)
    assert left.plan.digest == plan.digest
    assert not is_whole(left.plan)


def test_every_part_of_a_plan_is_in_its_hash() -> None:
    plan = planned({"do": "x"}, {"to": 7})
    (step,) = plan.steps
    changed = (
        replace(plan, version="w"), replace(plan, incident_id="inc-2"), replace(plan, target="t"),
        replace(plan, cooldown_s=1.0), replace(plan, arguments={"a": 1}),
        replace(plan, service="s"), replace(plan, rollback=plan.steps), replace(plan, steps=()),
        *(replace(plan, steps=(replace(step, **{name: value}),)) for name, value in (
            ("binding", {"to": 8}), ("call", {"do": "y"}), ("timeout_s", 6.0), ("executor", "y"),
            ("when", {"value": "", "equals": None}), ("output_limit", 7), ("register", ("a",)),
        )),
    )  # fmt: skip
    assert [one for one in changed if is_whole(one)] == []
