"""Reading the API server's JSON: whatever is there comes back as the type asked for."""

from __future__ import annotations

import json
from typing import Any, cast


def loads(body: bytes) -> Any:
    """Parse JSON; raises ValueError, which repeats nothing of the text, when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({type(error).__name__})") from None


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, otherwise an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in an array, leaving out whatever else is in it."""
    found = cast("list[Any]", value) if isinstance(value, list) else []
    return [mapping(item) for item in found if isinstance(item, dict)]


def text(value: Any) -> str:
    """The value when it is text, otherwise nothing."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> dict[str, str]:
    """An object of texts, such as labels, leaving out whatever else is in it."""
    return {key: item for key, item in mapping(value).items() if isinstance(item, str)}


def whole(value: Any, default: int = 0) -> int:
    """The value when it is a whole number or text of one, otherwise the default."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
