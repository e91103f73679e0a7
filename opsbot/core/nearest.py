"""The known word that somebody probably meant by a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64  # nobody mistypes a word longer than this into one of ours


def nearest(word: str, known: Iterable[str], limit: int = 1) -> str | None:
    """The known word that `word` is most like, in any case; None when all are far.

    Up to `limit` typing errors (a letter wrong, missing, too many, or two swapped) are forgiven
    in a word of up to five letters, one more for every further six, and never as many as half of
    the word. Otherwise three letters or more that only one known word begins with will do. Among
    equals the one with the same first letter wins, then the first.
    """
    typed = word.casefold()
    if not typed or len(typed) > _LONGEST:
        return None
    options = list(dict.fromkeys(known))
    allowed = min(limit + len(typed) // 6, (len(typed) - 1) // 2)
    ranked = [(_distance(typed, option.casefold(), allowed), option) for option in options]
    close = [(errors, option) for errors, option in ranked if errors <= allowed]
    if close:
        return min(close, key=lambda one: (one[0], one[1][:1].casefold() != typed[0]))[1]
    begun = [option for option in options if option.casefold().startswith(typed)]
    return begun[0] if len(typed) >= 3 and len(begun) == 1 else None


def _distance(one: str, other: str, most: int) -> int:
    """Damerau-Levenshtein distance (optimal string alignment); `most + 1` stands for any more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
        if min(row) > most and (not before or min(before) > most):
            return most + 1
    return min(row[-1], most + 1)
