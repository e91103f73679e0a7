"""Every error word has one ruling and a cure a responder can act on."""

from __future__ import annotations

import pytest

from opsbot.sandbox.slack.facts import METHODS as FACTS
from opsbot.slack.errors import MAYBE_DONE, TABLE, Kind, cure_for, ruling
from opsbot.slack.methods import METHODS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_error_on_a_methods_page_is_judged(method: str) -> None:
    """What Slack documents must not meet us unprepared."""
    words = FACTS[method].errors
    unknown = {word for word in words if (method, word) not in TABLE and ("", word) not in TABLE}
    assert unknown == set()


def test_every_cure_is_a_sentence() -> None:
    """Only what needs no cure has none."""
    for (method, word), found in TABLE.items():
        cure = cure_for(method or "chat.postMessage", word, needed="chat:write")
        assert bool(cure) == (found.kind is not Kind.BENIGN), word
        assert "{" not in cure, word
        assert not cure or cure.endswith("."), word


@pytest.mark.parametrize(
    ("method", "word", "kind"),
    [
        ("conversations.invite", "already_in_channel", Kind.BENIGN),
        ("conversations.archive", "already_archived", Kind.BENIGN),
        ("conversations.unarchive", "not_archived", Kind.BENIGN),
        ("pins.add", "already_pinned", Kind.BENIGN),
        ("reactions.add", "already_reacted", Kind.BENIGN),
        ("chat.postMessage", "is_archived", Kind.GONE),
        ("chat.update", "message_not_found", Kind.GONE),
        ("chat.update", "is_inactive", Kind.GONE),
        ("users.lookupByEmail", "users_not_found", Kind.GONE),
        ("conversations.create", "restricted_action", Kind.CONFIG),
        ("conversations.setTopic", "restricted_action", Kind.CONFIG),
        ("chat.postMessage", "missing_scope", Kind.CONFIG),
        ("auth.test", "invalid_auth", Kind.FATAL),
        ("chat.postMessage", "account_inactive", Kind.FATAL),
        ("chat.postMessage", "rate_limited", Kind.RETRY),
        ("bookmarks.add", "too_many_requests", Kind.RETRY),
        ("chat.postMessage", "invalid_blocks", Kind.BUG),
        ("chat.update", "msg_too_long", Kind.BUG),
        ("conversations.create", "invalid_name_specials", Kind.BUG),
        ("chat.postMessage", "never_heard_of_it", Kind.CONFIG),
    ],
)
def test_errors_are_of_the_kind_that_decides_what_happens(
    method: str, word: str, kind: Kind
) -> None:
    """Success, a new target, a person, another time, or a defect: five different next steps."""
    assert ruling(method, word).kind is kind


def test_a_cure_says_who_has_to_do_what() -> None:
    """The two refusals every installation meets first."""
    assert cure_for("conversations.create", "restricted_action").startswith(
        "Slack does not let opsbot create channels: ask a workspace admin"
    )
    scope = cure_for("bookmarks.add", "missing_scope", needed="bookmarks:write")
    assert "add the scope bookmarks:write" in scope


def test_what_may_have_happened_is_known_as_such() -> None:
    """Slack: some aspect of the operation may have succeeded before these were raised."""
    assert {ruling("chat.postMessage", word).kind for word in MAYBE_DONE} == {Kind.RETRY}
