"""The form of a runbook: fields like its parameters, filled in, and one that Slack takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opsbot.cards.form import render_form
from opsbot.core.form import FieldKind, Form
from opsbot.core.runbook import ParameterKind, RunParameter
from opsbot.core.runbook.form import run_form
from opsbot.sandbox.slack.views import check_view
from opsbot.slack.payloads_interaction import carried_in, fields_in
from tests.runbooks.made import SERVICES, read, runbook


def form(given: dict[str, str] | None = None) -> Form:
    """The form of the runbook with one parameter of every kind."""
    return run_form(runbook(), "I-1", "C1", given or {}, SERVICES)


def test_every_kind_has_its_field() -> None:
    drawn = {field.name: (field.kind, field.required) for field in form().fields}
    assert drawn == {
        "service": (FieldKind.SERVICE, True),
        "text": (FieldKind.TEXT, False),
        "version": (FieldKind.TEXT, False),
        "pods": (FieldKind.TEXT, False),
        "share": (FieldKind.TEXT, False),
        "sure": (FieldKind.FLAG, False),
        "mode": (FieldKind.CHOICE, False),
        "wait": (FieldKind.TEXT, False),
    }


def test_hints_say_the_bounds() -> None:
    hints = {field.name: field.hint for field in form().fields}
    assert hints["pods"] == "A whole number, 1 to 50."
    assert hints["wait"] == "Such as 30m or 1h30m, 1m to 2h."


def test_what_is_known_is_filled_in_and_what_cannot_stand_there_is_not() -> None:
    given = {"service": "checkout-api", "mode": "sideways", "pods": "99", "sure": "yes"}
    values = {field.name: field.value for field in form(given).fields}
    assert values == {
        "service": "checkout-api", "text": "", "version": "", "pods": "99", "share": "",
        "sure": "yes", "mode": "", "wait": "",
    }  # fmt: skip
    gone = {field.name: field.value for field in form({"service": "gone-api"}).fields}
    assert gone["service"] == ""


@pytest.mark.parametrize("default", [True, None])
def test_a_yes_or_no_without_a_no_is_picked_and_not_ticked(default: bool | None) -> None:
    """A box that is left empty cannot be told from one that nobody answered."""
    sure = RunParameter(name="sure", kind=ParameterKind.BOOLEAN, default=default)
    book = runbook(parameters=(sure,))
    (field,) = run_form(book, "I-1", "C1", {}, ()).fields
    assert field.kind is FieldKind.CHOICE
    assert field.value == ("yes" if default else "")
    assert read({"sure": "no"}, book) == {"sure": False}


def test_what_comes_back_are_the_arguments_and_the_runbooks_name() -> None:
    """What the form holds when it opens is what a submission without a change gives."""
    given = {"service": "checkout-api", "wait": "90m", "sure": "yes", "mode": "fast"}
    view: dict[str, Any] = dict(render_form(form(given)))
    state = {
        block["block_id"]: {"value": _submitted(block["element"])} for block in view["blocks"][1:]
    }
    values = fields_in({"state": {"values": state}})
    assert read(values) == read(given)
    carried = carried_in(view["private_metadata"])
    assert (carried.incident_id, carried.extra) == ("I-1", {"runbook": "try-it"})


def _submitted(element: dict[str, Any]) -> dict[str, Any]:
    return element | {
        "value": element.get("initial_value"),
        "selected_option": element.get("initial_option"),
        "selected_options": element.get("initial_options"),
    }


def test_slack_takes_the_form() -> None:
    """The sandbox refuses what Slack refuses."""
    given = {"service": "checkout-api", "wait": "90m", "sure": "yes", "mode": "fast"}
    for drawn in (form(), form(given)):
        assert check_view(render_form(drawn), kind="modal")


def test_a_form_of_any_runbook_is_within_slacks_limits() -> None:
    """Slack pages "Modals" and "Block elements"."""
    long = tuple(
        RunParameter(name=f"p{n}", kind=ParameterKind.CHOICE, label="l" * 60, hint="h" * 150,
                     choices=tuple(f"{n}{'ü' * 70}" for n in range(10)))
        for n in range(20)
    )  # fmt: skip
    book = replace(
        runbook(parameters=long), name="n" * 40, title="t" * 100, description="d" * 1_000
    )
    view: Any = render_form(run_form(book, "I-1", "C1", {}, ()))
    assert len(view["title"]["text"]) <= 24
    assert len(view["private_metadata"]) <= 3_000
    assert len(view["blocks"]) == 21
    assert check_view(view, kind="modal")
    for block in view["blocks"][1:]:
        assert len(block["hint"]["text"]) <= 2_000
        assert len(block["element"]["options"]) <= 100
