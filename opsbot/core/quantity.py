"""A measured value as people read it: `31 %`, `251 MiB`, `850 ms`, `12 /s`."""

from __future__ import annotations

import math

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_PLAIN = 1e10  # from here on digits say nothing, so the power of ten is given


def quantity(value: float, unit: str) -> str:
    """A value in a unit of `Finding.unit`, with three digits that count; `no value` for NaN and
    the infinities."""
    if not math.isfinite(value):
        return "no value"
    match unit:
        case "ratio":
            return percent(value)
        case "s":
            return _seconds(value)
        case "bytes":
            return _bytes(value)
        case "per_s":
            return f"{_digits(value)} /s"
        case _:
            return _digits(value)


def percent(share: float) -> str:
    """A share in words: `31 %`, `1.4 %`, `0.02 %`."""
    if abs(share) >= _PLAIN / 100:
        return f"{share:.0e} x 100 %"
    hundredths = share * 100
    digits = 0 if hundredths >= 10 else 1 if hundredths >= 0.95 else 2
    shown = f"{hundredths:.{digits}f}"
    return f"{shown.rstrip('0').rstrip('.') if digits else shown} %"


def _seconds(value: float) -> str:
    return f"{_digits(value)} s" if abs(value) >= 1 else f"{_digits(value * 1000)} ms"


def _bytes(value: float) -> str:
    power = 0
    while abs(value) >= 1024 and power < len(_SIZES) - 1:
        value, power = value / 1024, power + 1
    return f"{_digits(value)} {_SIZES[power]}"


def _digits(value: float) -> str:
    if abs(value) >= _PLAIN:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"
