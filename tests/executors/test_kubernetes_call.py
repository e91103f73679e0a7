"""Which calls of the kubernetes executor are sound, as written and as rendered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.executors._call_fields import CallRefused
from opsbot.executors._kubernetes_call import Verb, problems_of, read_call

CART = {"namespace": "checkout", "deployment": "cart-api"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "exactly one of restart, undo, scale, status and diagnostics"),
    ({"undo": CART, "restart": CART}, "exactly one of"),
    ({"delete": CART}, "cannot 'delete'"),
    ({"undo": "cart-api"}, "`namespace:` and `deployment:`"),
    ({"undo": {"namespace": "checkout"}}, "undo.deployment is missing"),
    ({"scale": CART}, "scale.replicas is missing"),
    ({"undo": {**CART, "to_revison": 3}}, "did you mean `to_revision`?"),
    ({"restart": {**CART, "replicas": 3}}, "no field is called 'replicas'"),
    ({"undo": {**CART, "to_revision": -1}}, "no whole number"),
    ({"undo": {**CART, "to_revision": True}}, "no whole number"),
    ({"undo": {**CART, "to_revision": "7; reboot"}}, "no whole number"),
    ({"scale": {**CART, "replicas": 2.5}}, "no whole number"),
    ({"scale": {**CART, "replicas": 10**10}}, "no whole number"),
    ({"undo": {**CART, "namespace": "a.b"}}, "no name of Kubernetes"),
    ({"undo": {**CART, "namespace": "x" * 64}}, "at most 63 characters"),
    ({"undo": {**CART, "deployment": "x" * 254}}, "at most 253 characters"),
]
# Each of these would mean something to a URL, a shell or a terminal.
NAMES = [
    "", "Cart", "-rf", "cart-", "cart api", "cart/scale", "../secrets", "cart\n", "cart%2f", ".",
    "..", "a..b", "cart?dryRun=All", "$(id)", "{{ x }}", "cart\x00", "cärt", "a" * 1_000_000, None,
    7, ["cart"],
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_a_call_that_cannot_run_is_told_as_it_is_written(call: dict[str, Any], words: str) -> None:
    """The check of a runbook finds it before anybody needs the runbook."""
    (problem, *_) = problems_of(call)
    assert words in problem
    with pytest.raises(CallRefused):
        read_call(call)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("field", ["namespace", "deployment"])
def test_only_names_of_kubernetes_are_taken(field: str, name: Any) -> None:
    """Nothing that could leave its place in an address is a name."""
    problems = problems_of({"restart": {**CART, field: name}})
    assert [problem for problem in problems if field in problem]
    assert all(len(problem) < 300 for problem in problems)


@pytest.mark.parametrize("value", ["${service}", "${service.selectors.kubernetes_namespace}-x"])
def test_a_look_up_may_stand_for_any_value_as_long_as_it_is_not_run(value: str) -> None:
    """Arguments are filled in once; what still looks like a look-up then is none."""
    call = {"scale": {"namespace": value, "deployment": value, "replicas": value}}
    assert problems_of(call) == ()
    with pytest.raises(CallRefused, match="not known yet"):
        read_call(call)


def test_a_value_of_an_earlier_step_has_to_be_there_before_it_runs() -> None:
    call = {"undo": {**CART, "to_revision": {"$from": "undo.from_revision"}}}
    assert problems_of(call) == ()
    with pytest.raises(CallRefused, match=r"to_revision: the value is not known yet"):
        read_call(call)


@pytest.mark.parametrize(
    ("written", "read"), [(7, 7), ("7", 7), ("", None), (None, None), (0, None)]
)
def test_a_revision_may_be_left_empty(written: Any, read: int | None) -> None:
    """An optional parameter that nobody filled in means the one before, as 0 does to kubectl."""
    assert read_call({"undo": {**CART, "to_revision": written}}).to_revision == read


@given(name=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?", fullmatch=True))
def test_every_label_of_rfc_1123_is_a_name(name: str) -> None:
    call = read_call({"status": {"namespace": name, "deployment": f"{name}.v2"}})
    assert (call.verb, str(call.target)) == (Verb.STATUS, f"{name}/{name}.v2")


@given(value=st.text(max_size=40))
def test_whatever_passes_as_a_name_stays_in_its_place(value: str) -> None:
    """Of all texts, only those of letters, digits, hyphens and dots pass."""
    if not problems_of({"restart": {"namespace": "a", "deployment": value}}):
        assert value
        assert not set(value) - set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert ".." not in value
