"""The hash chain of a record: what `opsbot verify` can prove, and how redaction leaves it whole.

Each link hashes the one before it, the entry's canonical metadata, and a *salted digest* of the
body. The body and its salt live apart: removing both redacts the entry, and the chain still
verifies. Verify proves that entries were neither changed, reordered nor removed since the head
it is compared with was published; it cannot prove what a deleted body said, nor that the whole
database was not rewritten by somebody who also replaced every published head.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbot.core.codec import canonical
from opsbot.core.moment import to_micros

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry's hashed metadata. Names of people and all text are in the body, not here."""

    incident_id: str
    seq: int
    key: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor_kind: str
    actor_id: str
    source: str
    digest: str
    removed: tuple[str, ...] = ()  # the scrubber's receipt; it outlives a redacted body


def digest(salt: bytes, body: dict[str, Any]) -> str:
    """The salted digest of a body; without the salt nothing can be guessed from it."""
    return hashlib.sha256(salt + canonical(body)).hexdigest()


def link_hash(previous: str, link: Link) -> str:
    """The hash of `link` standing after the link whose hash is `previous`."""
    meta = [
        link.incident_id, link.seq, link.key, link.kind, to_micros(link.occurred_at),
        to_micros(link.recorded_at), link.actor_kind, link.actor_id, link.source, link.digest,
        list(link.removed),
    ]  # fmt: skip
    return hashlib.sha256(previous.encode() + canonical(meta)).hexdigest()
