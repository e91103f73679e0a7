"""Three versions of some lines made one: what each side changed is taken over, and where both
changed the same lines both stand between conflict marks, as git writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

THEIRS_BEGIN = "<<<<<<< written by people"
OURS_BEGIN = "======="
CONFLICT_END = ">>>>>>> from the record"
# Pairs of equal lines that are looked at to tell what moved where; a text with more of them (the
# same line thousands of times) is compared as a whole.
MOST_PAIRS = 2_000_000

Lines = tuple[str, ...]


def is_unresolved(lines: Sequence[str]) -> bool:
    """Whether an earlier merge left marks here that nobody has resolved."""
    if THEIRS_BEGIN not in lines:
        return False
    return CONFLICT_END in lines[lines.index(THEIRS_BEGIN) :]


def between_marks(theirs: Sequence[str], ours: Sequence[str]) -> Lines:
    """Both versions, one after the other, with the marks that say whose they are."""
    return (THEIRS_BEGIN, *theirs, OURS_BEGIN, *ours, CONFLICT_END)


def people_side(lines: Sequence[str]) -> Lines:
    """The lines without marks and without what the record says between them."""
    found: list[str] = []
    side = ""  # whose lines these are; empty outside of marks
    for line in lines:
        if not side and line == THEIRS_BEGIN:
            side = "theirs"
        elif side == "theirs" and line == OURS_BEGIN:
            side = "ours"
        elif side and line == CONFLICT_END:
            side = ""
        elif side != "ours":
            found.append(line)
    return tuple(found)


def merged_lines(base: Lines, theirs: Lines, ours: Lines) -> Lines:
    """The lines with what both sides changed since `base`; every line of `theirs` that is not in
    `base` is in it. Merging the result with the same `ours` gives the result again."""
    if _pairs(base, theirs) > MOST_PAIRS or _pairs(base, ours) > MOST_PAIRS:
        return _fenced(theirs, ours)
    found = _whole(base, theirs, ours)
    if is_unresolved(found) or _whole(base, found, ours) == found:
        return found
    # What moved where cannot be told from the outcome: better both whole than another text each
    # time that it is merged.
    return _fenced(theirs, ours)


def _pairs(one: Lines, other: Lines) -> int:
    held = Counter(other)
    return sum(number * held[line] for line, number in Counter(one).items())


def _whole(base: Lines, theirs: Lines, ours: Lines) -> Lines:
    """The lines woven together. Empty ones at the end are apart: who adds something below a text
    has not changed its last line."""
    tail, tail_theirs, tail_ours = (_tail(lines) for lines in (base, theirs, ours))
    woven = _woven(
        base[: len(base) - len(tail)], theirs[: len(theirs) - len(tail_theirs)],
        ours[: len(ours) - len(tail_ours)],
    )  # fmt: skip
    return (*woven, *(tail_ours if tail_theirs == tail else tail_theirs))


def _tail(lines: Lines) -> Lines:
    filled = [number for number, line in enumerate(lines) if line]
    return lines[filled[-1] + 1 :] if filled else lines


def _woven(base: Lines, theirs: Lines, ours: Lines) -> Lines:
    found: list[str] = []
    at = at_theirs = at_ours = 0
    for start, start_theirs, start_ours, length in _common(base, theirs, ours):
        found += _hunk(base[at:start], theirs[at_theirs:start_theirs], ours[at_ours:start_ours])
        at, at_theirs, at_ours = start + length, start_theirs + length, start_ours + length
        found += base[start:at]
    return tuple(found)


def _common(base: Lines, theirs: Lines, ours: Lines) -> Iterator[tuple[int, int, int, int]]:
    """The runs of lines that all three share: where in each, and how long. The last is empty and
    stands at the end of all."""
    blocks_theirs, blocks_ours = _blocks(base, theirs), _blocks(base, ours)
    left = right = 0
    while left < len(blocks_theirs) and right < len(blocks_ours):
        (a, b, n), (c, d, m) = blocks_theirs[left], blocks_ours[right]
        start, end = max(a, c), min(a + n, c + m)
        if start < end:
            yield start, b + start - a, d + start - c, end - start
        if a + n < c + m:
            left += 1
        else:
            right += 1
    yield len(base), len(theirs), len(ours), 0


def _blocks(base: Lines, other: Lines) -> list[tuple[int, int, int]]:
    matcher = SequenceMatcher(None, base, other, autojunk=False)
    return [(a, b, n) for a, b, n in matcher.get_matching_blocks() if n]


def _hunk(base: Lines, theirs: Lines, ours: Lines) -> Lines:
    """What stands between two runs that all share."""
    if theirs in (base, ours):
        return ours
    if ours == base or not theirs:
        return theirs  # what people took out stays out, whatever the record makes of it
    if not base:
        return _both_added(theirs, ours)
    return _fenced(theirs, ours)


def _both_added(theirs: Lines, ours: Lines) -> Lines:
    """Where nothing stood, both wrote: both stand, the record's first; once, if one holds the
    other."""
    for longer, shorter in ((theirs, ours), (ours, theirs)):
        width = len(shorter)
        if any(longer[n : n + width] == shorter for n in range(len(longer) - width + 1)):
            return longer
    return (*ours, *theirs)


def _fenced(theirs: Lines, ours: Lines) -> Lines:
    """Both between marks, without what they begin and end with in common."""
    most = min(len(theirs), len(ours))
    first = next((n for n in range(most) if theirs[n] != ours[n]), most)
    last = next((n for n in range(most - first) if theirs[-1 - n] != ours[-1 - n]), most - first)
    tail = theirs[len(theirs) - last :]
    middle = between_marks(theirs[first : len(theirs) - last], ours[first : len(ours) - last])
    return (*theirs[:first], *middle, *tail)
