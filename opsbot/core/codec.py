"""Entry bodies to and from JSON, and the one canonical form that is hashed.

An unknown kind, written by a newer version, reads as `Unknown` and is never an error.
"""

from __future__ import annotations

import json
import math
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from opsbot.core import entry as kinds
from opsbot.core.entry import Body, Unknown


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


_CLASSES: dict[str, type[Any]] = {
    _snake(cls.__name__): cls for cls in get_args(Body) if cls is not kinds.Unknown
}
_NAMES: dict[type[Any], str] = {cls: name for name, cls in _CLASSES.items()}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def kind_of(body: Body) -> str:
    """The stored name of a body's kind: `EvidenceAsked` is `evidence_asked`."""
    return body.kind if isinstance(body, Unknown) else _NAMES[type(body)]


def all_kinds() -> tuple[str, ...]:
    """Every kind this version knows, in the order they are declared."""
    return tuple(_CLASSES)


def to_data(body: Body) -> dict[str, Any]:
    """The body as plain JSON values."""
    return _finite(body.data if isinstance(body, Unknown) else to_jsonable_python(body))


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity, monitoring has both: kept as text that reads back."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in cast("list[Any]", value)]
    return value


def from_data(kind: str, data: dict[str, Any]) -> Body:
    """The body that `to_data` made; `Unknown` when this version cannot read it."""
    cls = _CLASSES.get(kind)
    if cls is None:
        return Unknown(kind=kind, data=data)
    adapter = _ADAPTERS.get(kind)
    if adapter is None:  # expensive to make, so made once and only when it is needed
        adapter = _ADAPTERS[kind] = TypeAdapter(cls)
    try:
        return adapter.validate_python(data)
    except ValidationError:
        return Unknown(kind=kind, data=data)


def canonical(value: Any) -> bytes:
    """The single byte form of a JSON value: sorted keys, no blanks, UTF-8 (after RFC 8785)."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")


def stored_text(value: Any) -> str:
    """The canonical form as pure ASCII text, which every database keeps as it is: NUL and lone
    surrogates, legal in JSON and sent by foreign systems, stay escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
