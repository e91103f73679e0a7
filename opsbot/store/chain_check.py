"""The check of one incident's chain: pure, over the rows as they are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbot.core.chain import GENESIS, Link, digest, link_hash
from opsbot.core.codec import from_data, stored_text
from opsbot.core.entry import Redacted
from opsbot.core.moment import from_micros
from opsbot.store.redact import redaction_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check of one incident found; `problems` are sentences naming incident and entry."""

    incident_id: str
    number: int | None
    ok: bool
    entries: int
    redacted: int
    redactions: tuple[str, ...]  # one sentence each: which entry, by whom, why
    head: str  # the hash to compare with a published one
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redaction:
    by: int  # seq of the entry that says so
    key: str
    sentence: str


def check_chain(
    incident_id: str, rows: Sequence[Any], *, head: tuple[int, str] | None,
    number: int | None = None, loose: Sequence[int] = (),
) -> Verdict:  # fmt: skip
    """Check stored rows (entries joined with their bodies) in order of `seq` against the head.

    `loose` are the numbers of bodies that belong to no entry.
    """
    redactions = _redactions(rows)
    problems = [f"entry {seq} is missing, only its body is left" for seq in loose]
    previous, expected = GENESIS, 1
    for row in rows:
        problems += [f"entry {seq} is missing" for seq in _missing(expected, row.seq)]
        follows = row.seq == expected
        if not _hash_agrees(row, previous if follows else None):
            problems.append(f"entry {row.seq}: its metadata was changed, or entries reordered")
        problems += [f"entry {row.seq}: {said}" for said in _body(row, redactions.get(row.seq))]
        previous, expected = row.hash, row.seq + 1
    problems += _head(head, (expected - 1, previous))
    redacted = [redactions[row.seq] for row in rows if row.seq in redactions]
    return Verdict(
        incident_id=incident_id,
        number=number,
        ok=not problems,
        entries=len(rows),
        redacted=len(redacted),
        redactions=tuple(one.sentence for one in redacted),
        head=head[1] if head else "",
        problems=tuple(f"incident {incident_id}, {problem}" for problem in problems),
    )


def _missing(expected: int, found: int) -> range:
    """The gap in front of an entry, named up to ten entries of it."""
    return range(expected, min(found, expected + 10))


def _hash_agrees(row: Any, previous: str | None) -> bool:
    """Whether the entry's metadata gives its hash; behind a gap there is no telling."""
    if row.seq < 1:
        return False
    if previous is None:
        return True
    try:
        removed = json.loads(row.removed)
        if stored_text(removed) != row.removed:
            return False
        link = Link(
            incident_id=row.incident_id,
            seq=row.seq,
            key=row.key,
            kind=row.kind,
            occurred_at=from_micros(row.occurred_at),
            recorded_at=from_micros(row.recorded_at),
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            source=row.source,
            digest=row.digest,
            removed=tuple(removed),
        )
        return link_hash(previous, link) == row.hash
    except (ValueError, TypeError, OverflowError):
        return False


def _body(row: Any, redaction: _Redaction | None) -> list[str]:
    if redaction is None:
        if row.data is None or row.salt is None:
            return ["its body is missing, and no entry redacts it"]
        return [] if _digest_agrees(row) else ["its body was changed"]
    if row.salt is not None:
        return [f"its body is there, although entry {redaction.by} redacts it"]
    if redaction.key != redaction_key(row.seq, row.data or ""):
        return ["what remains of its redacted body was changed"]
    return []


def _digest_agrees(row: Any) -> bool:
    try:
        data = json.loads(row.data)
        return stored_text(data) == row.data and digest(row.salt, data) == row.digest
    except (ValueError, TypeError, RecursionError):
        return False


def _redactions(rows: Sequence[Any]) -> Mapping[int, _Redaction]:
    """By entry number, what later entries say was taken out of it."""
    found: dict[int, _Redaction] = {}
    for row in rows:
        if row.kind != "redacted" or row.data is None:
            continue
        try:
            data = json.loads(row.data)
            body = from_data(row.kind, data["body"])
            name = data["actor_name"] or row.actor_id
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # the check of this entry's own body says so
        if isinstance(body, Redacted) and body.seq < row.seq:
            sentence = f"entry {body.seq} was redacted by {name}: {body.reason}"
            found.setdefault(body.seq, _Redaction(by=row.seq, key=row.key, sentence=sentence))
    return found


def _head(head: tuple[int, str] | None, last: tuple[int, str]) -> list[str]:
    if head is None:
        return ["the head is missing"]
    if head[0] != last[0]:
        return [f"the head names entry {head[0]}, the last entry is {last[0]}"]
    return [] if head[1] == last[1] else [f"the head does not agree with entry {last[0]}"]
