"""A length of time as people type it, `90s`, `30m`, `1h30m`, and back."""

from __future__ import annotations

import re

_LENGTH = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def seconds_of(text: str) -> int | None:
    """Whole seconds of a text such as `1h30m`, in any case; None when it is no length of time."""
    match = _LENGTH.fullmatch(text.replace(" ", "").lower()) if len(text) <= 40 else None
    if match is None or not match.group():
        return None
    return sum(
        int(amount or 0) * unit
        for amount, unit in zip(match.groups(), _UNITS.values(), strict=True)
    )


def written_duration(seconds: int) -> str:
    """Seconds as somebody would type them; `seconds_of` reads them back."""
    rest, text = max(seconds, 0), ""
    for unit, length in _UNITS.items():
        amount, rest = divmod(rest, length)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"
