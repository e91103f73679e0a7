"""A document that people edit and the record makes anew: merged by section, so that no line that
a person wrote is ever lost. The line-by-line part stands in `line_merge.py`.

A line `<!-- opsbot:section NAME -->` opens a section; what stands before the first is the head.
The record names no section twice; people may copy one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsbot.core.line_merge import is_unresolved, merged_lines, people_side

HEAD = "head"  # what stands before the first section is called so in `conflicts`
_OPENS, _CLOSES, _MARK = "<!--", "-->", "opsbot:section "

Lines = tuple[str, ...]
Key = tuple[str, int]  # a section's name, and how many of that name stand before it
_HEAD_KEY: Key = ("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What to publish. `conflicts` names the sections in which people and the record disagree,
    also those that an earlier merge left marked; `deleted` those that people took out although
    the record has news for them. `base` is what the next merge has to start from: what the record
    said, but for sections whose marks still show an earlier word of it."""

    text: str
    conflicts: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    base: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A document in sections, the order kept; lines without their ends."""

    sections: Mapping[Key, Lines]
    crlf: bool
    ends: bool  # whether the last line has an end

    def joined(self, sections: Mapping[Key, Lines]) -> str:
        """Other sections, written with this text's line ends."""
        lines = [line for one in sections.values() for line in one]
        end = "\r\n" if self.crlf else "\n"
        ends = bool(lines) and (self.ends or not lines[-1])  # else an empty last line is none
        return end.join(lines) + end * ends


def section_named(line: str) -> str:
    """The name of the section that this line opens; empty when it opens none."""
    words = line.strip()
    if not (words.startswith(_OPENS) and words.endswith(_CLOSES)):
        return ""
    inner = words[len(_OPENS) : -len(_CLOSES)].strip()
    return inner.removeprefix(_MARK).strip() if inner.startswith(_MARK) else ""


def merge(base: str, theirs: str, ours: str) -> Merged:
    """What people made of `base`, with what the record says now.

    Per section: what only one side changed is that side's; what both changed is merged line by
    line, or stands there twice between conflict marks. A section that people deleted stays
    deleted, whatever the record learns; one they added, and their order, is kept. Marks of an
    earlier merge are left alone until somebody resolves them, so merging twice is merging once.
    """
    then, there, here = _read(base), _read(theirs), _read(ours)
    if base == theirs:
        return Merged(text=ours, base=ours)
    merged, text = there.sections, theirs
    if theirs != ours != base:
        merged = {
            key: lines
            for key in _order(then, there, here)
            if (lines := _section(then, there, here, key)) is not None
        }
        if list(merged.items()) != list(there.sections.items()):
            ends = there.ends if there.ends != then.ends else here.ends
            text = _Text({}, there.crlf, ends).joined(merged)
    return Merged(
        text=text,
        conflicts=tuple(_called(key) for key, held in merged.items() if is_unresolved(held)),
        deleted=_deleted(then, there, here),
        base=_next_base(then, there, here),
    )


def _read(text: str) -> _Text:
    crlf = text.count("\r\n") * 2 > text.count("\n")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    ends = not lines[-1]
    if ends:
        lines.pop()
    sections: dict[Key, list[str]] = {_HEAD_KEY: []}
    seen: Counter[str] = Counter()
    held = sections[_HEAD_KEY]
    for line in lines:
        if name := section_named(line):
            held = sections[name, seen[name]] = []
            seen[name] += 1
        held.append(line)
    return _Text({key: tuple(found) for key, found in sections.items()}, crlf, ends)


def _called(key: Key) -> str:
    return key[0] or HEAD


def _section(then: _Text, there: _Text, here: _Text, key: Key) -> Lines | None:
    """One section as it stands from now on; None when it does not."""
    base, theirs, ours = (text.sections.get(key) for text in (then, there, here))
    if theirs is None:
        return None if base is not None else ours
    if ours is None:
        copied = (key[0], 1) in there.sections  # by people: which one is theirs, nobody can tell
        return None if theirs == base and not copied else theirs
    first, body = _opened(key, theirs)
    return (*first, *_body(_opened(key, base or ())[1], body, _opened(key, ours)[1]))


def _opened(key: Key, lines: Lines) -> tuple[Lines, Lines]:
    """The line that opens a section, which is merged by name, and the lines in it."""
    at = 0 if key == _HEAD_KEY else 1
    return lines[:at], lines[at:]


def _body(base: Lines, theirs: Lines, ours: Lines) -> Lines:
    if is_unresolved(theirs) or ours in (base, theirs):
        return theirs
    return ours if theirs == base else merged_lines(base, theirs, ours)


def _deleted(then: _Text, there: _Text, here: _Text) -> tuple[str, ...]:
    """Sections that people took out, and that the record changed since."""
    return tuple(
        _called(key)
        for key, ours in here.sections.items()
        if key in then.sections and key not in there.sections and then.sections[key] != ours
    )


def _next_base(then: _Text, there: _Text, here: _Text) -> str:
    """What the record says, but for sections that are not resolved yet: they show what it said
    when the marks were made, and whoever resolves them chooses against that."""
    sections = dict(here.sections)
    for key, theirs in there.sections.items():
        ours = sections.get(key)
        if ours is None or not is_unresolved(theirs):
            continue
        base = then.sections.get(key, ours[:1])
        made = (_opened(key, one)[1] for one in (base, people_side(theirs), ours))
        if merged_lines(*made) != _opened(key, theirs)[1]:  # else these very marks are made anew
            sections[key] = base
    return here.joined(sections)


def _order(then: _Text, there: _Text, here: _Text) -> list[Key]:
    """Where each section stands: in the record's order, unless people chose another one. What
    only one side has follows what it follows there."""
    theirs, ours = list(there.sections), list(here.sections)
    known = [key for key in theirs if key in then.sections]
    reordered = known != [key for key in then.sections if key in there.sections]
    order, others = (theirs, ours) if reordered else (ours, theirs)
    return _woven(order, others)


def _woven(order: Sequence[Key], others: Sequence[Key]) -> list[Key]:
    found, held = list(order), set(order)
    before = _HEAD_KEY
    for key in others:
        if key not in held:
            found.insert(found.index(before) + 1, key)
            held.add(key)
        before = key
    return found
