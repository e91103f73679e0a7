"""When a postmortem is written, when again, and what survives: a table of endings, and edits."""

from __future__ import annotations

import json

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Mode
from opsbot.core.event import Transition
from opsbot.core.postmortem_rule import WriteWhen
from tests.commands.office import BEN
from tests.core.story import details, event
from tests.flows.desk_of_learning import Desk

DETECTION = "## Detection"


async def test_an_incident_that_was_resolved_has_its_postmortem_everywhere() -> None:
    """From the record as it stood, with its template, and under one name."""
    desk = Desk()
    incident = await desk.ended()
    (draft,) = await desk.drafts(incident)
    assert incident.living.draft is not None
    assert (draft.template, draft.through < incident.seq) == ("postmortem", True)
    for place in (desk.shelf, desk.wiki):
        assert place.only.document.stem == "inc-1-error-rate-above-5"
        assert "# INC-1: Error rate above 5 %" in place.only.text
        assert json.loads(place.only.document.data)["postmortem"]["number"] == 1
        assert place.only.document.html.startswith("<!doctype html>")
    kept = await desk.record.blob(draft.markdown)
    assert kept == desk.shelf.only.text.encode()


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("resolve fixed", True), ("resolve external", True), ("resolve false-alarm", False),
        ("resolve duplicate", False), ("resolve self-recovered", False), ("cancel", False),
    ],
)  # fmt: skip
async def test_not_every_end_deserves_one(line: str, written: bool) -> None:
    """Unless somebody asks: nothing was wrong, or nobody put it right."""
    desk = Desk()
    incident = await desk.ended(line)
    assert bool(await desk.drafts(incident)) is written
    await desk.typed("postmortem write", at=incident.surface.channel_id)
    assert len(await desk.drafts(incident)) == 1 + written


async def test_what_recovered_by_itself_has_none() -> None:
    desk = Desk()
    incident = await desk.page()
    incident = await desk.hear(event(Transition.RESOLVED, 3))
    assert incident.status.is_over
    assert await desk.drafts(incident) == []


async def test_an_incident_without_a_room_has_none_until_somebody_asks() -> None:
    desk = Desk()
    incident = await desk.page(said=details(urgency="low"))
    await desk.typed("resolve fixed INC-1")
    assert await desk.drafts(incident) == []
    await desk.typed("postmortem write INC-1")
    assert desk.shelf.only.document.number == 1


@pytest.mark.parametrize("when", [WriteWhen.ASKED, WriteWhen.NEVER])
async def test_the_settings_say_when(when: WriteWhen) -> None:
    """By asking, or not at all."""
    desk = Desk(when=when)
    incident = await desk.ended()
    assert await desk.drafts(incident) == []
    told = await desk.typed("postmortem write", at=incident.surface.channel_id)
    assert told is not None
    if when is WriteWhen.NEVER:
        assert "switched off" in told.words
    assert len(await desk.drafts(incident)) == (when is WriteWhen.ASKED)


async def test_shadow_mode_keeps_it_and_publishes_nothing() -> None:
    desk = Desk(mode=Mode.SHADOW)
    incident = await desk.page()
    await desk.typed("resolve fixed INC-1")
    assert await desk.drafts(incident) == []
    told = await desk.typed("postmortem write INC-1")
    assert told is not None
    assert "published nowhere" in told.words
    assert len(await desk.drafts(incident)) == 1
    assert (desk.shelf.placed, desk.wiki.placed) == ({}, {})


MATTERS = [
    'followup "alert on memory"', "onset 13:41Z", 'note "the limit was lowered in May"',
    'impact "31 % of logins failed"', "mitigate 14:10Z",
]  # fmt: skip


@pytest.mark.parametrize("line", MATTERS)
async def test_what_people_say_afterwards_is_written_too(line: str) -> None:
    """Once nobody has said more for a while."""
    desk = Desk()
    incident = await desk.ended()
    await desk.typed(line, at=incident.surface.channel_id)
    assert len(await desk.drafts(incident)) == 1, "it waits for more"
    incident = await desk.quiet(incident)
    assert len(await desk.drafts(incident)) == 2
    assert desk.shelf.only.versions == 2


async def test_several_changes_are_one_new_version() -> None:
    desk = Desk()
    incident = await desk.ended()
    for line in ("onset 13:41Z", 'followup "one"', 'followup "two"'):
        await desk.typed(line, at=incident.surface.channel_id)
        desk.clock.advance(seconds=20)
    incident = await desk.quiet(incident)
    assert len(await desk.drafts(incident)) == 2
    assert "one" in desk.shelf.only.text
    assert "two" in desk.shelf.only.text


@pytest.mark.parametrize("line", ["status", "timeline", "brief", "postmortem", "postmortem lint"])
async def test_looking_writes_nothing(line: str) -> None:
    desk = Desk()
    incident = await desk.ended()
    incident = await desk.says(incident, line)
    assert len(await desk.drafts(incident)) == 1


async def test_an_incident_that_is_open_again_is_written_when_it_ends_again() -> None:
    """What was said in between is in it, and nothing is written while it goes on."""
    desk = Desk()
    incident = await desk.ended()
    incident = await desk.says(incident, "reopen it came back")
    incident = await desk.says(incident, 'note "restarted twice"')
    assert len(await desk.drafts(incident)) == 1
    incident = await desk.says(incident, "resolve fixed now it holds")
    assert len(await desk.drafts(incident)) == 2
    assert "restarted twice" in desk.shelf.only.text


async def test_words_that_were_redacted_leave_the_document() -> None:
    """The next version is written without them, everywhere."""
    desk = Desk()
    incident = await desk.ended()
    incident = await desk.says(incident, 'note "the password was hunter2-swordfish"')
    assert "swordfish" in desk.shelf.only.text
    note = (await desk.bodies(incident, e.NoteAdded))[-1]
    (seq,) = (one.seq for one in await desk.entries(incident) if one.body == note)
    incident = await desk.says(incident, f"redact #{seq} a secret")
    for place in (desk.shelf, desk.wiki):
        assert "swordfish" not in place.only.text
        assert "swordfish" not in place.only.document.html
        assert "swordfish" not in place.only.document.data


# --- what people write -------------------------------------------------------------------------


async def test_what_people_wrote_outlives_every_new_version() -> None:
    """In a section that the record writes, in one of their own, and in the page as well."""
    desk = Desk()
    incident = await desk.ended()
    own = "\n<!-- opsbot:section luck -->\n## Where we were lucky\n\nAnn was awake.\n"
    desk.note(desk.shelf.only, DETECTION, "Support told us first.")
    desk.shelf.only.text += own
    for line in ('followup "alert on memory"', "onset 13:41Z"):
        incident = await desk.says(incident, line)
        assert "Support told us first." in desk.shelf.only.text
        assert desk.shelf.only.text.endswith(own)
    assert "alert on memory" in desk.shelf.only.text
    assert "Ann was awake." in desk.shelf.only.document.html
    assert "Support told us first." not in desk.wiki.only.text, "each place has its own readers"
    assert [one.conflicts for one in await desk.published(incident, "shelf")] == [0, 0, 0]


async def test_where_people_and_the_record_disagree_both_stand_and_the_room_is_told() -> None:
    desk = Desk()
    incident = await desk.ended()
    before = desk.shelf.only.text
    summary = before.partition("## Summary\n\n")[2].partition("\n")[0]
    desk.shelf.only.text = before.replace(summary, "It was the limit.")
    incident = await desk.says(incident, 'impact "31 % of logins failed"')
    assert "<<<<<<< written by people\nIt was the limit.\n=======" in desk.shelf.only.text
    (card,) = desk.lines(incident, "postmortem")
    assert "1 section in which people and the record disagree" in card
    disputed = desk.shelf.only.text
    begin, end = disputed.index("<<<<<<<"), disputed.index(">>>>>>>")
    chosen = "It was the limit, for 31 % of logins.\n" + disputed[end:].partition("\n")[2]
    desk.shelf.only.text = disputed[:begin] + chosen
    incident = await desk.says(incident, 'note "done"')
    assert "<<<<<<<" not in desk.shelf.only.text
    assert "It was the limit, for 31 % of logins." in desk.shelf.only.text
    (card,) = desk.lines(incident, "postmortem")
    assert "disagree" not in card


async def test_a_document_that_people_took_away_is_put_back_with_the_next_version() -> None:
    desk = Desk()
    incident = await desk.ended()
    desk.shelf.placed.clear()
    await desk.says(incident, 'followup "alert on memory"')
    assert "alert on memory" in desk.shelf.only.text


# --- the room, the digest, the verb ------------------------------------------------------------


async def test_room_and_digest_link_to_it_and_say_what_is_left() -> None:
    """One message in the room, edited in place."""
    desk = Desk()
    incident = await desk.ended()
    incident = await desk.says(incident, 'followup "alert on memory"')
    (card,) = desk.lines(incident, "postmortem")
    assert "https://shelf.example.com/inc-1-error-rate-above-5" in card
    assert "to look at" in card
    assert "1 follow-up without an owner" in card
    (digest,) = [m for m in desk.room.messages(desk.digest) if m.slot == "digest"]
    assert "https://wiki.example.com" not in digest.words
    assert "shelf.example.com/inc-1" in digest.words


async def test_asking_shows_where_it_is_what_it_lacks_and_writes_it_anew() -> None:
    desk = Desk()
    incident = await desk.ended()
    room = incident.surface.channel_id
    for words in ("postmortem", "pm", "retro"):
        told = await desk.typed(words, by=BEN, at=room)
        assert told is not None
        assert "shelf.example.com" in told.words
    lint = await desk.press_of(told, "postmortem:do=lint")
    assert lint is not None
    assert "Impact start is" in lint.words
    written = await desk.press_of(told, "postmortem:do=write")
    assert written is not None
    assert "is being written" in written.words
    assert len(await desk.drafts(incident)) == 2


async def test_before_it_is_written_asking_says_when_it_will_be() -> None:
    desk = Desk()
    incident = await desk.page()
    told = await desk.typed("postmortem", at=incident.surface.channel_id)
    assert told is not None
    assert "once the incident is resolved" in told.words
    again = await desk.press_of(told, "postmortem:do=write")
    assert again is not None
    assert "draft of what is known now" in again.words
    assert len(await desk.drafts(incident)) == 1


async def test_the_thread_gets_each_version_as_a_file_once() -> None:
    desk = Desk(slack=True)
    incident = await desk.ended()
    incident = await desk.says(incident, 'followup "alert on memory"')
    card = incident.surface.messages["card"]
    assert [(one.name, one.thread_ts) for one in desk.room.shared] == [
        ("inc-1-error-rate-above-5.md", card.ts)
    ] * 2
    assert b"alert on memory" in desk.room.files[desk.room.shared[-1].file_id].image
    (shown,) = desk.lines(incident, "postmortem")
    assert "a file in the thread of the card" in shown
