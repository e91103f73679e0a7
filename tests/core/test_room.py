"""The room plan and its difference to Slack: what is missing, most urgent first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.card import card_hash
from opsbot.core.entry import Draft, Mode
from opsbot.core.event import Transition
from opsbot.core.people import OPSBOT, Invited, Missing
from opsbot.core.room import (
    Bookmark,
    Invite,
    Move,
    OpenChannel,
    Pin,
    SetArchived,
    SetTopic,
    Show,
    Where,
    difference,
    room_plan,
)
from opsbot.core.routing import Rule
from tests.core.story import ADA, T0, Story, details, event, rules


def _fact(story: Story, body: e.Body) -> None:
    key = f"fact:{len(story.entries)}"
    story.append(Draft(key=key, occurred_at=T0, actor=OPSBOT, source="slack", body=body), T0)


def _moves(story: Story, minutes: float = 1) -> tuple[Move, ...]:
    plan = room_plan(story.state, story.rules, T0 + timedelta(minutes=minutes))
    return difference(plan, story.state.surface, T0 + timedelta(minutes=minutes))


def _show(story: Story, move: Show, ts: str) -> None:
    message = move.message
    _fact(story, e.MessageShown(slot=message.slot, channel_id=message.channel_id, ts=ts,
                                shown=card_hash(message.card)))  # fmt: skip


def _settle(story: Story) -> None:
    """Do every move until nothing differs, as a Slack that never refuses would."""
    for _ in range(10):
        moves = _moves(story)
        if not moves:
            return
        for number, move in enumerate(moves):
            match move:
                case OpenChannel(names=names):
                    _fact(story, e.ChannelOpened(channel_id="C1", name=names[0], adopted=False))
                case Show():
                    _show(story, move, move.ts or f"{len(story.entries)}.{number}")
                case Invite(people=people):
                    found = tuple(
                        Invited(person_id=p.id, slack_id=f"U{p.id}", name=p.name) for p in people
                    )
                    _fact(story, e.PeopleInvited(invited=found, missing=()))
                    _fact(story, e.SurfaceChanged(what="on_call", value="asked"))
                case SetTopic(topic=topic):
                    _fact(story, e.SurfaceChanged(what="topic", value=topic))
                case Pin(ts=ts):
                    _fact(story, e.SurfaceChanged(what="pin", value=ts))
                case Bookmark(title=title, url=url):
                    _fact(story, e.SurfaceChanged(what=f"bookmark:{url}", value=title))
                case SetArchived(archived=archived):
                    _fact(story, e.SurfaceChanged(what="archived",
                                                  value="yes" if archived else "no"))  # fmt: skip
    raise AssertionError(f"never settles: {_moves(story)}")


def test_the_channel_comes_first_and_alone():
    story = Story(rules())
    story.take(event())
    (move,) = _moves(story)
    assert isinstance(move, OpenChannel)
    assert move.names[:2] == ("inc-42-error-rate-above-5", "inc-42-error-rate-above-5-2")


def test_once_the_channel_stands_everything_else_goes_at_once_card_first():
    story = Story(rules())
    story.take(event())
    _fact(story, e.ChannelOpened(channel_id="C1", name="inc-42", adopted=False))
    moves = _moves(story)
    assert isinstance(moves[0], Show)
    assert moves[0].message.slot == "card"
    assert {type(m) for m in moves[1:]} == {Invite, SetTopic, Bookmark, Show}
    assert [m.message.slot for m in moves if isinstance(m, Show)] == ["card", "digest"]


def test_a_settled_room_needs_nothing():
    story = Story(rules())
    story.take(event())
    _settle(story)
    assert _moves(story) == ()


def test_an_acknowledgement_edits_card_topic_and_digest_and_posts_nothing():
    story = Story(rules())
    story.take(event())
    _settle(story)
    story.take(event(Transition.ACKNOWLEDGED, 3, by=ADA))
    moves = _moves(story)
    assert all(isinstance(m, SetTopic) or (isinstance(m, Show) and m.ts) for m in moves)
    assert [m.message.slot for m in moves if isinstance(m, Show)] == ["card", "digest"]


def test_a_digest_only_incident_shows_one_card_with_a_button():
    story = Story(rules(Rule(name="all", then=e.Placement.DIGEST)))
    story.take(event())
    (move,) = _moves(story)
    assert isinstance(move, Show)
    assert move.message.channel_id == "C0DIGEST"
    assert [b.action for b in move.message.card.buttons] == ["room"]


def test_a_thread_lives_in_the_team_channel():
    story = Story(rules(Rule(name="all", then=e.Placement.THREAD)))
    story.take(event())
    _settle(story)
    assert {s: m.channel_id for s, m in story.state.surface.messages.items()} == {
        "card": "C0TEAM", "digest": "C0DIGEST",
    }  # fmt: skip
    assert story.state.surface.channel_id == ""


def test_shadow_mode_writes_to_one_channel_and_invites_nobody():
    story = Story(rules(mode=Mode.SHADOW))
    story.take(event())
    _settle(story)
    assert {m.channel_id for m in story.state.surface.messages.values()} == {"C0SHADOW"}
    assert story.state.surface.invited == ()


def test_a_recovered_room_is_archived_later_and_struck_in_the_digest():
    story = Story(rules())
    story.take(event())
    _settle(story)
    story.take(event(Transition.RESOLVED, 7))
    _settle(story)
    late = room_plan(story.state, story.rules, T0 + timedelta(days=2))
    assert difference(late, story.state.surface, T0 + timedelta(days=2)) == (
        SetArchived(archived=True),
    )
    digest = next(m for m in late.messages if m.slot == "digest")
    assert digest.card.struck


def test_coming_back_unarchives_before_anything_is_posted():
    story = Story(rules())
    story.take(event())
    story.take(event(Transition.RESOLVED, 7))
    _settle(story)
    _fact(story, e.SurfaceChanged(what="archived", value="yes"))
    story.take(event(Transition.REOPENED, 12))
    first, *rest = _moves(story)
    assert first == SetArchived(archived=False)
    # Should Slack refuse that, the digest at least does not stay struck.
    assert [m.message.slot for m in rest if isinstance(m, Show)] == ["digest"]


def test_a_final_refusal_of_the_channel_falls_back_to_the_team_channel():
    story = Story(rules())
    story.take(event())
    refusal = e.SurfaceRefused(move="channel", error="restricted_action", cure="ask an admin",
                               gives_up=True)  # fmt: skip
    _fact(story, refusal)
    plan = room_plan(story.state, story.rules, T0)
    assert plan.where is Where.THREAD
    card = plan.messages[0].card
    assert any("ask an admin" in str(piece) for line in card.lines for piece in line.pieces)


def test_a_room_that_a_person_archived_is_left_and_the_incident_goes_on_elsewhere():
    story = Story(rules())
    story.take(event())
    _settle(story)
    _fact(story, e.SurfaceChanged(what="abandoned", value="archived by a person"))
    plan = room_plan(story.state, story.rules, T0)
    assert plan.where is Where.THREAD
    _settle(story)
    messages = story.state.surface.messages
    assert messages["card"].channel_id == "C0TEAM"
    assert not [m for m in _moves(story) if isinstance(m, SetArchived | OpenChannel)]


def test_a_deleted_card_is_posted_again():
    story = Story(rules())
    story.take(event())
    _settle(story)
    _fact(story, e.SurfaceChanged(what="gone:card", value="1.2"))
    assert [m.message.slot for m in _moves(story) if isinstance(m, Show) and not m.ts] == ["card"]


def test_a_thread_that_becomes_a_room_leaves_a_word_where_it_was():
    story = Story(rules(Rule(name="all", then=e.Placement.THREAD)))
    story.take(event())
    _settle(story)
    _fact(story, e.Routed(placement=e.Placement.ROOM, rule="a person", reason="asked"))
    _settle(story)
    messages = story.state.surface.messages
    assert messages["card"].channel_id == "C1"
    assert messages["left:card"].channel_id == "C0TEAM"
    assert story.state.surface.facts["pin"] == messages["card"].ts


def test_what_was_refused_for_good_is_tried_again_after_a_while():
    """People mend scopes and tokens; nobody should have to tell the bot."""
    story = Story(rules())
    story.take(event())
    _settle(story)
    story.take(event(Transition.ACKNOWLEDGED, 3, by=ADA))
    refusal = e.SurfaceRefused(move="card", error="missing_scope", cure="add it", gives_up=True)
    _fact(story, refusal)

    def slots(minutes: float) -> list[str]:
        return [m.message.slot for m in _moves(story, minutes) if isinstance(m, Show)]

    assert slots(10) == ["digest"]
    assert slots(20) == ["card", "digest"]


def test_people_who_cannot_be_found_are_named_and_not_asked_for_again():
    story = Story(rules())
    story.take(event())
    _settle(story)
    missing = Missing(person_id="PADA", name="Ada", reason="deactivated in Slack")
    _fact(story, e.PeopleInvited(invited=(), missing=(missing,)))
    plan = room_plan(story.state, story.rules, T0)
    moves = difference(plan, story.state.surface, T0)
    assert not [m for m in moves if isinstance(m, Invite)]
    text = repr(plan.messages[0].card)
    assert "Ada (deactivated in Slack)" in text


def test_five_thousand_assignees_make_one_short_line():
    people = tuple(replace(details().people[0], id=f"P{n}", name=f"N{n}") for n in range(5000))
    story = Story(rules())
    story.take(event(said=details(people=people)))
    _fact(story, e.ChannelOpened(channel_id="C1", name="inc-42", adopted=False))
    card = room_plan(story.state, story.rules, T0).messages[0].card
    assert len(repr(card)) < 4000
