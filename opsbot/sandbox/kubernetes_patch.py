"""The three patch languages of the Kubernetes API, as far as the sandbox's objects need them.

https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
"""

from __future__ import annotations

import copy
from typing import Any, cast

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
LANGUAGES = (JSON_PATCH, MERGE, STRATEGIC)

# Lists that a strategic merge patch merges item by item, and by which field (the API's
# `x-kubernetes-patch-merge-key`); every other list is replaced.
_MERGE_KEYS = {
    "containers": "name", "initContainers": "name", "env": "name", "volumes": "name",
    "ports": "containerPort", "volumeMounts": "mountPath", "ownerReferences": "uid",
}  # fmt: skip


class PatchRefused(Exception):
    """A patch that cannot be applied; `status` is the HTTP status the API server answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def patched(kind: str, document: dict[str, Any], patch: Any) -> dict[str, Any]:
    """A copy of the document with the patch applied; raises PatchRefused."""
    result = copy.deepcopy(document)
    if kind == JSON_PATCH:
        return _operations(result, patch)
    if not isinstance(patch, dict):
        raise PatchRefused(400, "the body of a merge patch must be an object")
    merged = _merged(result, cast("dict[str, Any]", patch), strategic=kind == STRATEGIC)
    return cast("dict[str, Any]", merged)


def _merged(held: Any, patch: dict[str, Any], *, strategic: bool) -> Any:
    """RFC 7386, and with `strategic` lists merged by their keys."""
    if "$patch" in patch:
        raise PatchRefused(400, "the sandbox takes no $patch directives")
    result = cast("dict[str, Any]", held) if isinstance(held, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            result[key] = _merged(result.get(key), inner, strategic=strategic)
        elif isinstance(value, list) and strategic and key in _MERGE_KEYS:
            result[key] = _merged_list(result.get(key), cast("list[Any]", value), _MERGE_KEYS[key])
        else:
            result[key] = copy.deepcopy(cast("Any", value))
    return result


def _merged_list(held: Any, patch: list[Any], name: str) -> list[Any]:
    result = list(cast("list[Any]", held)) if isinstance(held, list) else []
    for item in patch:
        if not isinstance(item, dict) or name not in item:
            raise PatchRefused(400, f"map: {item!r} does not contain declared merge key: {name}")
        entry = cast("dict[str, Any]", item)
        places = [i for i, one in enumerate(result) if one.get(name) == entry[name]]
        known: Any = result[places[0]] if places else None
        merged = _merged(known, entry, strategic=True)
        if places:
            result[places[0]] = merged
        else:
            result.append(merged)
    return result


def _operations(document: dict[str, Any], patch: Any) -> dict[str, Any]:
    """RFC 6902; what cannot be applied is a 422, as the API server answers."""
    if not isinstance(patch, list):
        raise PatchRefused(
            400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        )
    for operation in cast("list[Any]", patch):
        if not isinstance(operation, dict):
            raise PatchRefused(400, "an operation of a JSON patch must be an object")
        one = cast("dict[str, Any]", operation)
        _operate(document, str(one.get("op")), str(one.get("path")), one)
    return document


def _operate(document: Any, kind: str, path: str, operation: dict[str, Any]) -> None:
    *parents, last = [
        part.replace("~1", "/").replace("~0", "~") for part in path.removeprefix("/").split("/")
    ]
    place: Any = document
    for part in parents:
        place = _child(place, part, kind, path)
    if kind in ("replace", "remove", "test"):
        _child(place, last, kind, path)
    if kind == "test":
        if _child(place, last, kind, path) != operation.get("value"):
            raise PatchRefused(422, f"testing value {path} failed: test failed")
    elif kind == "remove":
        del place[int(last) if isinstance(place, list) else last]
    elif kind in ("add", "replace"):
        _put(place, last, kind, copy.deepcopy(operation.get("value")), path)
    else:
        raise PatchRefused(422, f"Unexpected kind: {kind}")


def _child(place: Any, part: str, kind: str, path: str) -> Any:
    held = cast("dict[str, Any]", place) if isinstance(place, dict) else {}
    if isinstance(place, list):
        held = {str(index): item for index, item in enumerate(cast("list[Any]", place))}
    if part not in held:
        words = f"{kind} operation does not apply: doc is missing path: {path}"
        raise PatchRefused(422, words)
    return held[part]


def _put(place: Any, part: str, kind: str, value: Any, path: str) -> None:
    if isinstance(place, dict):
        place[part] = value
    elif isinstance(place, list):
        items = cast("list[Any]", place)
        if kind == "replace":
            items[int(part)] = value
        elif part == "-":
            items.append(value)
        elif part.isdecimal() and int(part) <= len(items):
            items.insert(int(part), value)
        else:
            raise PatchRefused(422, f"add operation does not apply: no place {path}")
    else:
        raise PatchRefused(422, f"{kind} operation does not apply: doc is missing path: {path}")
