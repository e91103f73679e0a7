"""What entries about an incident's documents change: the newest draft, and where it stands."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.living import Draft, Living, Publication


def apply_postmortem(living: Living, entry: Entry) -> Living:
    """The state after an entry about a postmortem; others change nothing."""
    match entry.body:
        case e.PostmortemDrafted() as body:
            draft = Draft(
                seq=entry.seq, through=body.through, template=body.template,
                template_version=body.template_version, markdown=body.markdown, data=body.data,
                html=body.html, at=entry.occurred_at, problems=body.problems,
            )  # fmt: skip
            return replace(living, draft=draft)
        case e.PostmortemPublished() as body:
            stands = Publication(
                publisher=body.publisher, url=body.url, ref=body.ref, base=body.base,
                conflicts=body.conflicts, seq=entry.seq,
            )  # fmt: skip
            return _at(living, stands)
        case e.PostmortemFailed(publisher=publisher, cure=cure, gives_up=gives_up):
            held = living.publications.get(publisher, Publication(publisher=publisher))
            # What was published before still stands there.
            return _at(living, replace(held, cure=cure, gives_up=gives_up, seq=entry.seq))
        case _:
            return living


def _at(living: Living, one: Publication) -> Living:
    held = MappingProxyType({**living.publications, one.publisher: one})
    return replace(living, publications=held)
