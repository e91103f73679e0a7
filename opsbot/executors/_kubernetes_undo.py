"""Which revision an undo goes back to, and what people should know of it before.

The rules are those of `kubectl rollout undo`, with one more: a revision that differs only by a
restart is passed over, because going back to it would change nothing.
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


class NoWayBack(Exception):
    """An undo that cannot be: the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """The revision to go back to, and those in between that go as well."""

    then: Revision
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
    earlier = [one for one in revisions if 0 < one.number < now.revision]
    then = _named(now, revisions, wanted) if wanted is not None else _before(now, earlier)
    if fingerprint(then.template) == fingerprint(now.template):
        raise NoWayBack(f"revision {then.number} is the same as what runs")
    between = [one for one in earlier if one.number > then.number]
    same = fingerprint(now.template, but_restart=True)
    restarts = [one for one in between if fingerprint(one.template, but_restart=True) == same]
    return Back(
        then=then,
        between=tuple(one.number for one in between if one not in restarts),
        restarts=tuple(one.number for one in restarts),
    )


def _named(now: Deployment, revisions: Sequence[Revision], wanted: int) -> Revision:
    if wanted == now.revision:
        raise NoWayBack(f"revision {wanted} is what runs")
    for one in revisions:
        if one.number == wanted:
            return one
    kept = tuple(str(one.number) for one in reversed(revisions) if one.number)
    raise NoWayBack(f"revision {wanted} is not kept; kept are {listed(kept, limit=12) or 'none'}")


def _before(now: Deployment, earlier: Sequence[Revision]) -> Revision:
    if not earlier:
        raise NoWayBack("there is no earlier revision (see its revisionHistoryLimit)")
    same = fingerprint(now.template, but_restart=True)
    for one in earlier:
        if fingerprint(one.template, but_restart=True) != same:
            return one
    raise NoWayBack(
        f"every earlier revision that is kept ({count(len(earlier), 'revision')}) differs by a "
        "restart only: going back would change nothing"
    )


def undo_words(now: Deployment, back: Back) -> str:
    """What the undo does, in one clause."""
    before, after = image_words(now.template), image_words(back.then.template)
    if before == after:
        return f"revision {now.revision} back to revision {back.then.number} (both image {before})"
    return (
        f"revision {now.revision} (image {before}) back to "
        f"revision {back.then.number} (image {after})"
    )


def undo_warnings(now: Deployment, back: Back) -> list[str]:
    """What people should know before: what goes back besides the image, and what does not."""
    said: list[str] = []
    changes = differences(now.template, back.then.template)
    if changes:
        said.append(f"goes back as well: {'; '.join(changes)}")
    if back.between:
        names = listed(tuple(str(number) for number in sorted(back.between)), limit=12)
        said.append(f"the changes of revision {names} in between go back, too")
    if back.restarts:
        names = listed(tuple(str(number) for number in sorted(back.restarts)), limit=12)
        said.append(f"revision {names} in between differs by a restart only and is passed over")
    aside = kept_aside(back.then.template)
    if aside:
        said.append(f"config maps and secrets stay as they are: {listed(aside, limit=8)}")
    return said
