"""Every example of every shipped runbook comes out as it says, and its calls are sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from opsbot.catalog.runbook_schema import runbook_schema
from opsbot.catalog.runbooks import Executors, read_runbooks, shipped_folder
from opsbot.config.document import read_document
from opsbot.core.runbook import Example, Risk, Runbook
from opsbot.core.runbook.example import try_example
from opsbot.executors._http_call import problems_of as http_problems
from opsbot.executors._http_settings import HttpSettings
from opsbot.executors._kubernetes_call import problems_of as kubernetes_problems
from tests.runbooks.files import WHOLE, changed, read_text

ALERTMANAGER = HttpSettings(hosts=("http://alertmanager:9093",))


def http_check(call: Mapping[str, Any]) -> tuple[str, ...]:
    """What the http executor says where Alertmanager may be called."""
    return http_problems(call, ALERTMANAGER, ())


CHECKED: Executors = {"http": http_check, "kubernetes": kubernetes_problems}
SHIPPED = read_runbooks(None, CHECKED).runbooks
EXAMPLES = [(runbook, example) for runbook in SHIPPED for example in runbook.examples]


@pytest.mark.parametrize(
    ("runbook", "example"),
    EXAMPLES,
    ids=[f"{book.name}: {example.name}" for book, example in EXAMPLES],
)
def test_every_example_comes_out_as_it_says(runbook: Runbook, example: Example) -> None:
    assert try_example(runbook, example) == ""


def test_the_shipped_ones_are_those_that_are_promised() -> None:
    assert {(book.name, book.risk) for book in SHIPPED} == {
        ("collect-diagnostics", Risk.NONE),
        ("restart-deployment", Risk.LOW),
        ("rollback-deploy", Risk.MEDIUM),
        ("scale-service", Risk.MEDIUM),
        ("silence-alert", Risk.LOW),
    }


@pytest.mark.parametrize("runbook", SHIPPED, ids=lambda book: book.name)
def test_every_shipped_runbook_shows_what_it_does_and_what_it_refuses(runbook: Runbook) -> None:
    """Its executors have nothing against its calls, before and after look-ups are filled in."""
    assert runbook.unavailable == ""
    assert any(example.refused for example in runbook.examples)
    shown = [example for example in runbook.examples if example.renders]
    assert shown
    for example in shown:
        for step, call in zip(runbook.steps, example.renders, strict=True):
            check = CHECKED[step.executor]
            assert check is not None
            assert tuple(check(call)) == ()


def test_an_address_that_is_not_allowed_makes_a_shipped_one_unavailable() -> None:
    """It is no mistake in the file, and stops nothing else."""
    elsewhere = HttpSettings(hosts=("https://ci.example.com",))
    there: Executors = {**CHECKED, "http": lambda call: http_problems(call, elsewhere, ())}
    why = {book.name: book.unavailable for book in read_runbooks(None, there).runbooks}
    assert "add it to executors.http.hosts" in why["silence-alert"]
    assert why["rollback-deploy"] == ""


@pytest.mark.parametrize(
    ("example", "told"),
    [
        (Example(name="", arguments={"service": "a"}, refused="share"), "share is not refused"),
        (Example(name="", arguments={"servce": "a"}), "Did you mean `service`?"),
        (Example(name="", arguments={"service": "a"}, renders=({"say": "b"},)), "renders 2 calls"),
        (
            Example(name="", arguments={"service": "a"}, renders=({"say": "b"}, {})),
            "step look is {'say': 'a', 'values': {'ready': True}}, not {'say': 'b'}",
        ),
        (
            Example(name="", arguments={"service": "a"}, surroundings={"service.nmae": "x"}),
            "nothing looks up service.nmae",
        ),
    ],
)
def test_an_example_that_does_not_come_out_is_told(example: Example, told: str) -> None:
    assert told in try_example(read_text(WHOLE), example)


def test_an_example_says_what_steps_find_out() -> None:
    """As they would register it."""
    text = changed("say: ${service.name} until ${run.after.length}", "say: ${steps.look.ready}")
    example = Example(
        name="", arguments={"service": "a", "reason": "why not"},
        renders=({"say": "a", "values": {"ready": True}}, {"say": True, "why": "why not"}),
    )  # fmt: skip
    assert "steps.<step>.<value>" in try_example(read_text(text), example)
    told = replace(example, surroundings={"steps.look.ready": True})
    assert try_example(read_text(text), told) == ""


@pytest.mark.parametrize("name", [book.name for book in SHIPPED])
def test_the_schema_takes_the_shipped_files(name: str) -> None:
    text = (shipped_folder() / f"{name}.yaml").read_text("utf-8")
    schema = runbook_schema(("http", "kubernetes", "noop", "process"))
    jsonschema.validate(read_document(text, name).root, schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Move traffic away\n", ""),
        ("guard:", "gaurd:"),
        ("risk: low", "risk: lwo"),
        ("    kind: number", "    kind: numbr"),
        ("timeout: 2m", "timeout: 120"),
        ("- name: back", "- name: Back Again"),
        ("when: a suspect", "when: suspect"),
        ("S012AB3CD", "edge-team"),
        ("    default: 0.5", "    default: [0.5]"),
        ("- name: back\n    executor: noop", "- name: back\n    executor: nop"),
    ],
)
def test_the_schema_sees_what_can_be_seen_in_an_editor(old: str, new: str) -> None:
    schema = runbook_schema(("noop",))
    jsonschema.validate(read_document(WHOLE, "whole").root, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read_document(changed(old, new), "changed").root, schema)
