"""The three patch languages, by the examples of their own documents and Kubernetes' rules."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.kubernetes_patch import JSON_PATCH, MERGE, STRATEGIC, PatchRefused, patched
from opsbot.sandbox.kubernetes_selector import SelectorRefused, fields_match, labels_match

Document = dict[str, Any]

CASES: list[tuple[str, Document, Any, Document]] = [
    # RFC 7386: null removes, objects merge, everything else is replaced.
    (MERGE, {"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}},
     {"a": "z", "c": {"d": "e"}}),
    (MERGE, {"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    (MERGE, {"env": [{"name": "A"}]}, {"env": [{"name": "B"}]}, {"env": [{"name": "B"}]}),
    # Strategic: lists with a merge key are merged item by item.
    (STRATEGIC, {"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B", "value": "2"}]},
     {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
    (STRATEGIC, {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]},
     {"containers": [{"name": "b", "image": "z"}]},
     {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "z"}]}),
    (STRATEGIC, {"args": ["a"]}, {"args": ["b"]}, {"args": ["b"]}),
    (STRATEGIC, {}, {"metadata": {"annotations": {"x": "1"}}},
     {"metadata": {"annotations": {"x": "1"}}}),
    # RFC 6902, with RFC 6901's escapes.
    (JSON_PATCH, {"a/b": 1, "m~n": 2}, [{"op": "remove", "path": "/a~1b"},
     {"op": "replace", "path": "/m~0n", "value": 3}], {"m~n": 3}),
    (JSON_PATCH, {"l": [1, 3]}, [{"op": "add", "path": "/l/1", "value": 2},
     {"op": "add", "path": "/l/-", "value": 4}], {"l": [1, 2, 3, 4]}),
    (JSON_PATCH, {"l": [1, 2]}, [{"op": "test", "path": "/l/0", "value": 1},
     {"op": "remove", "path": "/l/0"}], {"l": [2]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document", "patch", "expected"), CASES)
def test_a_patch_gives_what_its_language_says(
    kind: str, document: Document, patch: Any, expected: Document
) -> None:
    """And leaves the document alone."""
    before = repr(document)
    assert patched(kind, document, patch) == expected
    assert repr(document) == before


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        (STRATEGIC, {"containers": [{"image": "x"}]}),
        (STRATEGIC, {"spec": {"$patch": "replace"}}),
        (JSON_PATCH, [{"op": "move", "path": "/a", "from": "/b"}]),
        (JSON_PATCH, [{"op": "replace", "path": "/l/7", "value": 1}]),
        (JSON_PATCH, [{"op": "add", "path": "/l/x", "value": 1}]),
    ],
)
def test_what_cannot_be_applied_is_refused_whole(kind: str, patch: Any) -> None:
    with pytest.raises(PatchRefused):
        patched(kind, {"a": 1, "l": [1]}, patch)


LABELS = {"app": "cart", "tier": "web", "app.kubernetes.io/name": "cart-api"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True), ("app=cart", True), ("app==cart,tier=web", True), ("app=cart,tier=db", False),
        ("app!=shop", True), ("app in (cart, shop)", True), ("app notin (cart)", False),
        ("tier", True), ("!tier", False), ("!zone", True),
        ("app.kubernetes.io/name=cart-api", True), ("zone notin (a),app=cart", True),
    ],
)  # fmt: skip
def test_label_selectors(selector: str, matches: bool) -> None:
    assert labels_match(selector, LABELS) is matches


def test_field_selectors_know_the_fields_of_events_only() -> None:
    event = {"type": "Warning", "involvedObject": {"kind": "Pod", "name": "cart-1"}}
    assert fields_match("involvedObject.name=cart-1,type=Warning", event)
    assert fields_match("type!=Normal", event)
    assert not fields_match("involvedObject.kind=Deployment", event)
    with pytest.raises(SelectorRefused, match=r"field label not supported: status\.phase"):
        fields_match("status.phase=Running", event)
