"""Where the short words beside vertical lines go, so that no two of them ever overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

GAP = 14.0  # between two labels of one row
POLE = 7.0  # from a line to the words that begin or end beside it
_CROSSED = 3  # as bad as so many rows: a line that runs through another label
_MOST_TRIED = 7  # labels up to which every choice of sides is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A label: its line stands at `pole`; the words reach from `left` to `right` in `row`,
    rows counted upwards from the axes."""

    pole: float
    left: float
    right: float
    row: int

    def overlaps(self, other: Flag) -> bool:
        """Whether the words of both touch."""
        same = self.row == other.row
        return same and self.left < other.right + GAP and other.left < self.right + GAP

    def crosses(self, other: Flag) -> bool:
        """Whether the line of the higher one runs through the words of the lower one."""
        low, high = sorted((self, other), key=lambda flag: flag.row)
        return low.row < high.row and low.left <= high.pole <= low.right


Span = tuple[float, float, float]  # line, and where the words begin and end


def placed(labels: Sequence[tuple[float, float]], *, least: float, most: float) -> tuple[Flag, ...]:
    """A place for each (line, width) between `least` and `most`, in the order given: words right
    or left of their line, in the fewest rows and with the fewest lines through other words."""
    spans = [list(_beside(pole, width, least, most)) for pole, width in labels]
    few = len(labels) <= _MOST_TRIED
    choices = product(*spans) if few else [tuple(sides[0] for sides in spans)]
    return min((_stacked(choice) for choice in choices), key=_badness)


def rows(flags: Sequence[Flag]) -> int:
    """How many rows the labels take."""
    return 1 + max((flag.row for flag in flags), default=-1)


def _beside(pole: float, width: float, least: float, most: float) -> Iterator[Span]:
    """Right of the line and left of it where there is room; else as near as the edges allow."""
    fits = [left for left in (pole + POLE, pole - POLE - width) if least <= left <= most - width]
    near = max(min(pole - width / 2, most - width), least)
    for left in fits or [near]:
        yield pole, left, left + width


def _stacked(spans: Sequence[Span]) -> tuple[Flag, ...]:
    """Each label in the lowest row where it overlaps no other and lies above every line that
    its words reach over. Two labels over each other's lines are the one case that must cross."""
    under = [
        {m for m, (pole, *_) in enumerate(spans) if m != n and left <= pole <= right}
        for n, (_, left, right) in enumerate(spans)
    ]
    found: dict[int, Flag] = {}
    while len(found) < len(spans):
        waiting = (n for n in range(len(spans)) if n not in found)
        n = min(waiting, key=lambda n: (len(under[n] - found.keys()), -spans[n][0], n))
        lowest = 1 + max((found[m].row for m in under[n] & found.keys()), default=-1)
        pole, left, right = spans[n]
        places = (
            Flag(pole=pole, left=left, right=right, row=row)
            for row in range(lowest, lowest + len(spans))
        )
        found[n] = next(
            flag for flag in places if not any(flag.overlaps(one) for one in found.values())
        )
    return tuple(found[n] for n in range(len(spans)))


def _badness(flags: Sequence[Flag]) -> tuple[int, int, int]:
    crossed = sum(one.crosses(other) for n, one in enumerate(flags) for other in flags[:n])
    left_hand = sum(flag.left < flag.pole for flag in flags)
    return _CROSSED * crossed + rows(flags), sum(flag.row for flag in flags), left_hand
