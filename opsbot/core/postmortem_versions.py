"""The versions of a postmortem as the record tells them: where each one arrived, which of them say
what was redacted since, and which blobs nobody needs any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.named_blobs import named_blobs

PUBLISHED, REFUSED = "published", "not published"  # what settles a version at a place

Version = tuple[Entry, e.PostmortemDrafted]


def settling_key(word: str, place: str, draft: int) -> str:
    """The key of the entry that settles the version drafted as entry `draft` at a place."""
    return f"{word}:{place}:{draft}"


def versions(entries: Sequence[Entry]) -> tuple[Version, ...]:
    """Every version that was drafted, the newest last."""
    return tuple((x, x.body) for x in entries if isinstance(x.body, e.PostmortemDrafted))


def is_settled(entries: Sequence[Entry], place: str, draft: int) -> bool:
    """Whether the version is at the place, or will not be."""
    keys = {settling_key(word, place, draft) for word in (PUBLISHED, REFUSED)}
    return any(entry.key in keys for entry in entries)


def is_silenced(entries: Sequence[Entry], version: Version) -> bool:
    """Whether the version says what was redacted since: another one has to take its place."""
    entry, drafted = version
    return any(
        x.seq > drafted.through and (x.body.seq <= drafted.through or x.body.seq == entry.seq)
        for x in entries
        if isinstance(x.body, e.Redacted)
    )


def outlived_blobs(entries: Sequence[Entry], places: Collection[str]) -> frozenset[str]:
    """The blobs that no version needs any more once words were redacted: those of versions from
    before the newest redaction, and what earlier publications were merged over.

    Nothing as long as the newest version is from before it as well, or has not arrived at one of
    `places`, where it is owed. A place that refused it keeps what its next merge starts from, for
    people's words are told from the record's by that alone.
    """
    redactions = [entry.seq for entry in entries if isinstance(entry.body, e.Redacted)]
    drafted = versions(entries)
    if not redactions or not drafted or drafted[-1][1].through < max(redactions):
        return frozenset()
    if not all(is_settled(entries, place, drafted[-1][0].seq) for place in places):
        return frozenset()
    bases = {
        entry.body.publisher: entry.seq
        for entry in entries
        if isinstance(entry.body, e.PostmortemPublished) and entry.body.publisher in places
    }  # by place, where the next merge starts: its newest
    old = {entry.seq for entry, draft in drafted if draft.through < max(redactions)}
    old |= {
        entry.seq
        for entry in entries
        if isinstance(entry.body, e.PostmortemPublished) and entry.seq not in bases.values()
    }
    gone = (named_blobs(entry.body) for entry in entries if entry.seq in old)
    kept = (named_blobs(entry.body) for entry in entries if entry.seq not in old)
    return frozenset[str]().union(*gone).difference(*kept)
