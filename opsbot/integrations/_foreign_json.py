"""Reading JSON that somebody else wrote: whatever is there comes back as the type asked for.

A missing key, a null and a value of another type all read as empty, because vendors add, drop
and retype fields without notice; what must be there is checked by the caller.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

_HALVES = re.compile("[\ud800-\udfff]")
MAX_SAFE_INTEGER = 2**53 - 1


def loads(body: bytes | str) -> Any:
    """Parse JSON; raises ValueError, which repeats nothing of the text, when it is none.

    Nesting that is too deep and numbers of thousands of digits count as broken.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({type(error).__name__})") from None


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, otherwise an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value when it is an array, otherwise an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in an array, leaving out whatever else is in it."""
    return [mapping(item) for item in items(value) if isinstance(item, dict)]


def text(value: Any) -> str:
    """The value when it is text; a whole number as its digits; otherwise nothing.

    JSON may hold half characters (lone surrogates), which no database and no URL can; they
    become the replacement character.
    """
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub("\ufffd", value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole and abs(value) <= MAX_SAFE_INTEGER else ""


def whole(value: Any) -> int | None:
    """The value when it is a whole number, or text of one, that JSON can carry exactly."""
    if isinstance(value, str) and len(value) <= 19 and value.lstrip("-").isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= MAX_SAFE_INTEGER else None


def number(value: Any) -> float | None:
    """The value as a finite number; NaN and the infinities, as text or not, read as None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
