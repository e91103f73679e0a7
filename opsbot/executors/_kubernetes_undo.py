"""Which revision an undo goes back to, and what people should know of it before.

The rules are those of `kubectl rollout undo`, with two more. A revision that differs only by a
restart is passed over, because going back to it would change nothing. After a rollback, "the one
before" is the newer revision that was taken away: whoever means that one has to name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opsbot.core.text import count, listed
from opsbot.executors._kubernetes_objects import Deployment, Revision
from opsbot.executors._kubernetes_template import (
    differences,
    fingerprint,
    image_words,
    kept_aside,
)

_LONGEST_LINE = 360  # characters of a warning that are shown
ALL_AT_ONCE = "its strategy is Recreate: every pod stops before a new one starts"


class NoWayBack(Exception):
    """An undo that cannot be: the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """The revision to go back to, and those in between that go as well."""

    then: Revision
    current: Revision
    between: tuple[int, ...]
    restarts: tuple[int, ...]  # passed over: they differ by a restart only


def chosen(now: Deployment, revisions: Sequence[Revision], wanted: int | None) -> Back:
    """The revision `wanted`, or the newest before the current one that is another template.

    Raises NoWayBack.
    """
    if now.paused:
        raise NoWayBack("it is paused: resume it first, or nothing would be rolled out")
    if now.revision == 0:
        raise NoWayBack("its controller has not numbered its revision yet; try again in a moment")
    current = _numbered(now, revisions)
    earlier = [one for one in revisions if 0 < one.number < now.revision]
    named = wanted is not None
    then = _named(now, revisions, wanted) if named else _before(now, current, earlier)
    if fingerprint(then.template) == fingerprint(now.template):
        raise NoWayBack(f"revision {then.number} is the same as what runs")
    between = [one for one in earlier if one.number > then.number]
    same = fingerprint(now.template, but_restart=True)
    restarts = [one for one in between if fingerprint(one.template, but_restart=True) == same]
    return Back(
        then=then,
        current=current,
        between=tuple(one.number for one in between if one not in restarts),
        restarts=tuple(one.number for one in restarts),
    )


def _numbered(now: Deployment, revisions: Sequence[Revision]) -> Revision:
    """The revision that the Deployment's number means. Until its controller has seen the last
    change, the number is still that of what ran before, and so is "the one before"."""
    for one in revisions:
        if one.number == now.revision and fingerprint(one.template) == fingerprint(now.template):
            return one
    raise NoWayBack(
        "it was changed a moment ago, and its controller has not numbered that revision yet; try "
        "again in a moment"
    )


def _named(now: Deployment, revisions: Sequence[Revision], wanted: int) -> Revision:
    if wanted == now.revision:
        raise NoWayBack(f"revision {wanted} is what runs")
    for one in revisions:
        if one.number == wanted:
            return one
    kept = tuple(str(one.number) for one in reversed(revisions) if one.number)
    raise NoWayBack(f"revision {wanted} is not kept; kept are {listed(kept, limit=12) or 'none'}")


def _before(now: Deployment, current: Revision, earlier: Sequence[Revision]) -> Revision:
    if not earlier:
        raise NoWayBack("there is no earlier revision (see its revisionHistoryLimit)")
    same = fingerprint(now.template, but_restart=True)
    for one in earlier:
        if fingerprint(one.template, but_restart=True) == same:
            continue
        if _is_newer(one, current):
            kept = tuple(str(each.number) for each in reversed(earlier))
            raise NoWayBack(
                f"what runs was put back already, and the revision before it ({one.number}, image "
                f"{image_words(one.template)}) is the newer one that was taken away: name the "
                f"revision you mean, of {listed(kept, limit=12)}"
            )
        return one
    raise NoWayBack(
        f"every earlier revision that is kept ({count(len(earlier), 'revision')}) differs by a "
        "restart only: going back would change nothing"
    )


def _is_newer(one: Revision, current: Revision) -> bool:
    """Whether it was made after what runs now, which has come back by a rollback then. The times
    are in UTC, to the second (RFC 3339), and so in the order of their letters."""
    return one.created_at > current.created_at


def undo_words(now: Deployment, back: Back) -> str:
    """What the undo does, in one clause."""
    before, after = image_words(now.template), image_words(back.then.template)
    if before == after:
        return f"revision {now.revision} back to revision {back.then.number} (both image {before})"
    return (
        f"revision {now.revision} (image {before}) back to "
        f"revision {back.then.number} (image {after})"
    )


def _packed(changes: Sequence[str]) -> list[str]:
    """Changes in as few lines as hold them: a warning that is too long is cut short."""
    lines: list[str] = []
    for change in changes:
        if lines and len(lines[-1]) + len(change) < _LONGEST_LINE:
            lines[-1] += f"; {change}"
        else:
            lines.append(change)
    return lines


def _going_back(changes: str) -> str:
    """One value that changes in a sentence; several, or other changes, in a list."""
    what, colon, values = changes.partition(": ")
    if colon and ";" not in changes:
        return f"the {what} goes back too: {values}"
    return f"what else goes back: {changes}"


def undo_warnings(now: Deployment, back: Back) -> list[str]:
    """What people should know before: what goes back besides the image, and what does not."""
    said: list[str] = []
    changes = differences(now.template, back.then.template)
    said += [_going_back(some) for some in _packed(changes)]
    if back.between:
        names = listed(tuple(str(number) for number in sorted(back.between)), limit=12)
        said.append(f"the changes of revision {names} in between go back, too")
    if _is_newer(back.then, back.current):
        said.append(
            f"revision {back.then.number} is the newer one: what runs now was put back after it, "
            "so this brings back what was taken away"
        )
    if back.restarts:
        names = listed(tuple(str(number) for number in sorted(back.restarts)), limit=12)
        said.append(f"revision {names} in between differs by a restart only and is passed over")
    if now.all_at_once:
        said.append(ALL_AT_ONCE)
    aside = kept_aside(back.then.template)
    if aside:
        said.append(f"config maps and secrets stay as they are: {listed(aside, limit=8)}")
    return said
