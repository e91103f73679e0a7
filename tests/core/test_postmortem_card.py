"""What room and digest are told of a postmortem: where it is, what is left, what is in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from opsbot.cards.plain import as_text
from opsbot.core.card import Card, Line, Link
from opsbot.core.incident import Incident, new_incident
from opsbot.core.living import Draft, FollowUp, Living, Publication
from opsbot.core.postmortem_card import SLOT, postmortem_line, postmortem_posts
from opsbot.core.surface import Surface

AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DRAFT = Draft(
    seq=9, through=8, template="postmortem", template_version="v", markdown="m", data="d",
    html="h", at=AT, problems=0,
)  # fmt: skip
FOLDER = Publication(publisher="folder", url="/srv/docs/inc-42.md", ref="inc-42")
GITHUB = Publication(publisher="github", url="https://github.com/a/b/pull/1", ref="x#1")
SLACK = Publication(publisher="slack", url="", ref="F1 abc")


def incident(
    *publications: Publication, problems: int = 0, follow_ups: tuple[FollowUp, ...] = ()
) -> Incident:
    held = Living(
        draft=replace(DRAFT, problems=problems), follow_ups=follow_ups,
        publications={one.publisher: one for one in publications},
    )  # fmt: skip
    surface = Surface(channel_id="C0ROOM", channel_name="inc-42-logins-fail")
    return replace(new_incident("i"), number=42, living=held, surface=surface)


def follow_up(item: int, **more: object) -> FollowUp:
    base: dict[str, object] = {
        "item": item, "text": "x", "owner_slack_id": "", "owner": "", "due": None, "done": False,
        "dropped": False, "url": "", "seq": item,
    }  # fmt: skip
    return FollowUp(**{**base, **more})  # type: ignore[arg-type] # built from known fields


def said(state: Incident) -> str:
    ((slot, card),) = postmortem_posts(state)
    assert slot == SLOT
    return as_text(card)


def digest(lines: tuple[Line, ...]) -> str:
    return as_text(Card(header="", lines=lines))


def test_before_there_is_a_draft_nothing_is_said() -> None:
    bare = new_incident("i")
    assert postmortem_posts(bare) == ()
    assert postmortem_line(bare) == ()


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((), "draft, not published yet"),
        ((FOLDER,), "draft: folder: /srv/docs/inc-42.md"),
        ((SLACK,), "draft: a file in the thread of the card"),
        ((FOLDER, GITHUB, SLACK), "https://github.com/a/b/pull/1"),
    ],
    ids=["none", "a path", "a file", "all"],
)
def test_the_room_is_told_where_it_is(places: tuple[Publication, ...], words: str) -> None:
    assert words in said(incident(*places))


def test_only_web_addresses_are_links() -> None:
    """A publisher's address is foreign text like any other."""
    odd = replace(GITHUB, url="javascript:alert(1)")
    ((_, card),) = postmortem_posts(incident(odd))
    pieces = [piece for line in card.lines for piece in line.pieces]
    assert not [piece for piece in pieces if isinstance(piece, Link)]


def test_what_is_left_stands_in_one_line() -> None:
    """Problems, follow-ups that nobody owns and that are still to do, and disputes."""
    items = (
        follow_up(1), follow_up(2, owner="Ann"), follow_up(3, owner_slack_id="U1"),
        follow_up(4, done=True), follow_up(5, dropped=True), follow_up(6),
    )  # fmt: skip
    words = said(incident(replace(FOLDER, conflicts=2), problems=3, follow_ups=items))
    assert "3 things to look at; 2 follow-ups without an owner; 2 sections in which" in words


def test_trouble_with_a_place_is_said_with_its_cure() -> None:
    """Where it stands already is said all the same."""
    words = said(incident(replace(GITHUB, cure="check GITHUB_TOKEN")))
    assert "github: check GITHUB_TOKEN" in words
    assert "pull/1" in words


def test_the_digest_links_to_what_can_be_opened() -> None:
    """Or to the room whose thread has the file; a path on a disk says nothing there."""
    assert "https://github.com/a/b/pull/1" in digest(postmortem_line(incident(GITHUB, SLACK)))
    assert "inc-42-logins-fail" in digest(postmortem_line(incident(SLACK)))
    assert postmortem_line(incident(FOLDER)) == ()
    failed = Publication(publisher="slack", cure="no room", gives_up=True)
    assert postmortem_line(incident(failed)) == ()
