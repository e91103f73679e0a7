"""Rendering: one pass, one value one element, types kept, and one hash over all of it."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from opsbot.core.runbook import Condition, Guard, Step
from opsbot.core.runbook.arguments import read_arguments
from opsbot.core.runbook.lookups import Unresolved, deferred, holds, late_values, resolve
from opsbot.core.runbook.render import digest_of, render, with_bindings
from opsbot.core.runbook.rendered import RenderedRun, Surroundings
from opsbot.core.scrub import Scrubber
from tests.runbooks.made import AROUND, CHECKED, SERVICES, read, rendered, runbook

GIVEN = {"service": "session-validation"}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def call_of(call: dict[str, Any], given_: dict[str, str] | None = None) -> dict[str, Any]:
    """The one step's call, rendered."""
    return rendered(runbook(call), {**GIVEN, **(given_ or {})}).steps[0].call


@given(text=st.text(max_size=80))
def test_an_argument_is_never_changed_and_never_split(text: str) -> None:
    """Neither quotes nor look-ups nor templates in it mean anything; one value is one element."""
    values, problems = read_arguments(runbook(), {**GIVEN, "text": text}, SERVICES)
    if problems or "text" not in values:
        return
    book = runbook({"argv": ["x", "${text}", "--to=${text}"], "json": {"deep": [{"a": "${text}"}]}})
    run = render(book, values, AROUND)
    assert isinstance(run, RenderedRun)
    call = resolve(run.steps[0].call, {})
    assert call["argv"] == ["x", values["text"], f"--to={values['text']}"]
    assert call["json"] == {"deep": [{"a": values["text"]}]}


def test_a_text_that_is_one_look_up_keeps_the_type() -> None:
    call = call_of({"n": "${pods}", "b": "${sure}", "t": "${pods} pods, ${sure}", "k": [1, None]},
                   {"pods": "3", "sure": "yes"})  # fmt: skip
    assert call == {"n": 3, "b": True, "t": "3 pods, true", "k": [1, None]}
    assert type(call["n"]) is int


def test_what_was_filled_in_is_not_read_again() -> None:
    """An argument that looks like a look-up stays what was typed; `$${` is the two characters."""
    call = call_of({"a": "${text}", "b": "$${service} is ${service}"}, {"text": "${service}"})
    assert call == {"a": "${service}", "b": "${service} is session-validation"}


def test_an_optional_argument_that_was_not_given_leaves_its_key_out() -> None:
    assert call_of({"undo": {"name": "${service}", "pods": "${pods}"}}) == {
        "undo": {"name": "session-validation"}
    }


def test_keys_are_never_looked_at() -> None:
    assert call_of({"$${service}": "x", "deep": {"{{a}}": "${pods}"}}, {"pods": "1"}) == {
        "$${service}": "x", "deep": {"{{a}}": 1},
    }  # fmt: skip


def test_what_a_step_will_find_out_waits_for_it() -> None:
    call = call_of({"a": "${steps.find.revision}", "b": "r${steps.find.revision} of ${service}"})
    assert call == {
        "a": {"$from": "find.revision"},
        "b": {"$text": ["r", {"$from": "find.revision"}, " of session-validation"]},
    }
    assert deferred(call) == {"find.revision"}
    assert resolve(call, {"find.revision": 7}) == {"a": 7, "b": "r7 of session-validation"}
    with pytest.raises(Unresolved, match=r"find\.revision"):
        resolve(call, {})
    assert resolve(call, {}, partly=True) == call


@pytest.mark.parametrize("value", ["-rf", "a\nb", "a\0", "x" * 1_001])
def test_what_a_step_found_out_is_not_trusted_either(value: str) -> None:
    """Another program's output: it could be taken for an option."""
    with pytest.raises(Unresolved):
        resolve({"$from": "find.name"}, {"find.name": value})


def test_times_are_those_of_the_step_so_the_hash_holds() -> None:
    """A time filled in earlier would differ at every look, and nothing could be approved."""
    book = runbook({"from": "${run.now}", "to": "${run.after.wait}", "by": "run ${run.id}"})
    first, second = (rendered(book, {**GIVEN, "wait": "2h"}) for _ in range(2))
    assert first.digest == second.digest
    values = late_values("R-1", first.arguments, NOON)
    assert resolve(first.steps[0].call, values) == {
        "from": "2026-11-23T12:00:00Z", "to": "2026-11-23T14:00:00Z", "by": "run R-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "values", "runs"),
    [
        (Condition(value="${steps.find.ready}"), {"find.ready": True}, True),
        (Condition(value="${steps.find.ready}"), {"find.ready": False}, False),
        (Condition(value="${steps.find.ready}"), {"find.ready": ""}, False),
        (Condition(value="${steps.find.ready}"), {"find.ready": 0}, True),
        (Condition(value="${steps.find.ready}"), {}, False),
        (Condition(value="${steps.find.ready}", equals=3), {"find.ready": "3"}, True),
        (Condition(value="${steps.find.ready}", equals="yes"), {"find.ready": "no"}, False),
        (Condition(value="${sure}"), {}, False),
        (Condition(value="${mode}", equals="fast"), {}, False),
        (Condition(value="${service}", equals="session-validation"), {}, True),
    ],
)
def test_a_step_runs_when_its_condition_holds(
    condition: Condition, values: dict[str, Any], runs: bool
) -> None:
    step = Step(name="a", executor="noop", call={}, when=condition)
    assert holds(rendered(runbook(steps=(step,)), GIVEN).steps[0].when, values) is runs
    assert holds(None, {})


def test_what_the_service_lacks_is_told_with_the_setting_that_gives_it() -> None:
    book = runbook({"n": "${service.selectors.cluster}", "e": "${service.environment}"})
    problems = render(book, read(GIVEN, book), AROUND)
    assert isinstance(problems, tuple)
    assert [problem.sentence for problem in problems] == [
        "The catalogue says no `cluster` of `session-validation`. Add it under "
        "`services: session-validation: selectors` in opsbot.yaml.",
        "The catalogue says no `environment` of `session-validation`. Add it under "
        "`services: session-validation` in opsbot.yaml.",
    ]


def test_the_target_and_the_check_are_filled_in() -> None:
    guard = Guard(target="${service}/${mode}", cooldown=timedelta(minutes=10))
    book = runbook({"say": "on ${run.target}"}, verification=CHECKED, guard=guard)
    run = rendered(book, {**GIVEN, "mode": "slow"})
    assert (run.target, run.cooldown_s) == ("session-validation/slow", 600.0)
    assert run.steps[0].call == {"say": "on session-validation/slow"}
    assert run.check is not None
    assert (run.check.service, run.check.below) == ("session-validation", 0.02)
    assert (run.service, run.incident_id) == ("session-validation", "I-1")


def whole() -> RenderedRun:
    """A run that has everything a run can have."""
    steps = (
        Step(name="a", executor="noop", call={"n": "${pods}"}, when=Condition(value="${service}"),
             register=("x",)),
        Step(name="b", executor="http",
             call={"x": "${steps.a.x}", "secrets": {"A_TOKEN": "deploy"}}),
    )  # fmt: skip
    book = runbook(steps=steps, rollback=steps[:1], verification=CHECKED)
    return rendered(book, {**GIVEN, "pods": "3", "share": "0.1"})


def test_any_change_is_another_hash() -> None:
    """What is approved is this value and nothing else."""
    run = whole()
    assert run.check is not None
    first = run.steps[0]
    others = [
        replace(run, runbook="x"), replace(run, version="x"), replace(run, incident_id="I-2"),
        replace(run, arguments={**run.arguments, "pods": 4}), replace(run, service="x"),
        replace(run, arguments={**run.arguments, "pods": "3"}), replace(run, target="x"),
        replace(run, cooldown_s=1.0), replace(run, rollback=()), replace(run, check=None),
        replace(run, check=replace(run.check, below=0.03)), replace(run, steps=run.steps[::-1]),
        *(replace(run, steps=(replace(first, **change), *run.steps[1:])) for change in (
            {"name": "x"}, {"executor": "x"}, {"call": {"n": 4}}, {"timeout_s": 1.0},
            {"output_limit": 1}, {"when": None}, {"register": ()}, {"binding": {"revision": 1}},
        )),
    ]  # fmt: skip
    assert run.digest == digest_of(run)
    assert len({run.digest, *(digest_of(other) for other in others)}) == len(others) + 1
    assert {field.name for field in fields(run)} == {
        "runbook", "version", "arguments", "service", "target", "cooldown_s", "steps", "rollback",
        "check", "incident_id", "digest",
    }  # fmt: skip


def test_bindings_are_part_of_the_hash_and_can_be_put_in_again() -> None:
    run = whole()
    bound = with_bindings(run, {"steps:0": {"revision": 12}, "rollback:0": {"uid": "u"}})
    assert bound.steps[0].binding == {"revision": 12}
    assert bound.rollback[0].binding == {"uid": "u"}
    assert bound.digest != run.digest
    assert with_bindings(bound, {}) == run
    assert with_bindings(run, {"steps:0": {"revision": 13}}).digest != bound.digest


def test_the_hash_survives_the_record() -> None:
    """JSON and the scrubber leave a run as it is, names of secrets included."""
    run = with_bindings(whole(), {"steps:0": {"revision": 12, "share": 0.5, "on": True}})
    data, taken_out = Scrubber().clean_data(json.loads(json.dumps(to_jsonable_python(run))))
    again = TypeAdapter(RenderedRun).validate_python(data)
    assert taken_out == ()
    assert digest_of(again) == run.digest
    assert again == run
    assert resolve(again.steps[1].call, {"a.x": 1}) == {"x": 1, "secrets": {"A_TOKEN": "deploy"}}


def test_another_incident_is_another_hash() -> None:
    """An approval cannot be carried into another room."""
    book = runbook()
    elsewhere = Surroundings(incident_id="I-2", values=AROUND.values)
    there = render(book, read(GIVEN, book), elsewhere)
    assert isinstance(there, RenderedRun)
    assert there.digest != rendered(book, GIVEN).digest
