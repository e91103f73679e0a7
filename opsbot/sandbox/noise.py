"""Repeatable randomness: numbers that depend on their arguments and on nothing else."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

_Choice = TypeVar("_Choice")

_MASK = (1 << 64) - 1
_TABLE_SIZE = 4096
_SMOOTHING = 10
"""Neighbours averaged in the table: wobbles last a few minutes at one entry a scrape."""


def _wobbles() -> tuple[float, ...]:
    draw = random.Random(20261122)  # repeatable noise, not a secret
    raw = [draw.random() for _ in range(_TABLE_SIZE + _SMOOTHING)]
    smooth = [sum(raw[i : i + _SMOOTHING]) / _SMOOTHING for i in range(_TABLE_SIZE)]
    low, high = min(smooth), max(smooth)
    return tuple(
        0.9 * (value - low) / (high - low) + 0.1 * raw[index] for index, value in enumerate(smooth)
    )


_TABLE = _wobbles()


def seed_of(*parts: object) -> int:
    """Give 64 bits that name these parts, the same in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mixed(seed: int, index: int) -> int:
    """Give 64 well-mixed bits for the index-th draw of a seed (the splitmix64 finaliser)."""
    z = (seed + index * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def unit(seed: int, index: int) -> float:
    """Give a number from 0 up to, but not including, 1."""
    return (mixed(seed, index) >> 11) / 9007199254740992.0


def weighted(choices: Sequence[tuple[_Choice, float]], draw: float) -> _Choice:
    """Choose by weight, with a draw from 0 up to 1."""
    at = draw * sum(weight for _, weight in choices)
    for choice, weight in choices:
        at -= weight
        if at < 0:
            return choice
    return choices[-1][0]


def ripple(seed: int, first: int, count: int) -> list[float]:
    """Give `count` numbers from 0 to 1, slowly wandering, for positions first, first + 1, ..."""
    start = (seed + first) % _TABLE_SIZE
    ripples = list(_TABLE[start : start + count])
    while len(ripples) < count:
        ripples += _TABLE[: count - len(ripples)]
    return ripples
