"""The hash chain: everything that must not change is in it, and nothing that may be removed."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsbot.core.chain import GENESIS, Link, digest, link_hash
from opsbot.core.codec import canonical, stored_text

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SALT = bytes(range(16))
LINK = Link(
    incident_id="inc-1", seq=2, key="note:1", kind="note_added", occurred_at=T0,
    recorded_at=T0 + timedelta(seconds=1), actor_kind="person", actor_id="slack:U1",
    source="slack", digest="d" * 64, removed=("slack token",),
)  # fmt: skip
OTHER: dict[str, Any] = {
    "incident_id": "inc-2", "seq": 3, "key": "note:2", "kind": "asked",
    "occurred_at": T0 + timedelta(microseconds=1), "recorded_at": T0, "actor_kind": "system",
    "actor_id": "slack:U2", "source": "pagerduty", "digest": "e" * 64, "removed": (),
}  # fmt: skip


@pytest.mark.parametrize("field", [field.name for field in fields(Link)])
def test_every_field_of_a_link_is_in_its_hash(field: str) -> None:
    """A field added to `Link` and left out of the hash fails here."""
    changed = replace(LINK, **{field: OTHER[field]})
    assert link_hash(GENESIS, changed) != link_hash(GENESIS, LINK)


def test_a_link_hangs_on_the_one_before_it() -> None:
    first, other = link_hash(GENESIS, LINK), link_hash("1" * 64, LINK)
    assert first != other
    assert link_hash(first, LINK) != link_hash(other, LINK)


def test_neighbouring_fields_cannot_be_shifted_into_each_other() -> None:
    """`("ab", "c")` and `("a", "bc")` are different links."""
    one = replace(LINK, actor_id="ab", source="c")
    two = replace(LINK, actor_id="a", source="bc")
    assert link_hash(GENESIS, one) != link_hash(GENESIS, two)


def test_the_hash_is_the_published_one() -> None:
    """Heads are printed in documents: this value may never change by accident."""
    expected = "6a6185607825ba4d09160a3c651625252ab37db46ff0a4aa6a55616bad1689e2"
    assert link_hash(GENESIS, LINK) == expected


def test_the_same_moment_in_another_zone_is_the_same_link() -> None:
    elsewhere = T0.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    assert link_hash(GENESIS, replace(LINK, occurred_at=elsewhere)) == link_hash(GENESIS, LINK)


def test_without_the_salt_a_body_cannot_be_guessed() -> None:
    """The same body has another digest each time it is sealed."""
    body = {"text": "yes"}
    assert digest(SALT, body) == digest(SALT, dict(body))
    assert digest(SALT, body) != digest(SALT[::-1], body)
    assert digest(SALT, body) != digest(SALT, {"text": "no"})


def test_the_order_of_keys_does_not_matter() -> None:
    assert digest(SALT, {"a": 1, "b": 2}) == digest(SALT, {"b": 2, "a": 1})
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


def test_stored_text_is_ascii_and_reads_back() -> None:
    """NUL and lone surrogates are legal in JSON and refused by databases as they are."""
    assert stored_text({"b": "\x00\ud800é", "a": 1}) == '{"a":1,"b":"\\u0000\\ud800\\u00e9"}'
