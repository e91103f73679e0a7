"""Manners: what is said to whoever asks oddly, elsewhere, in a thread, or may not ask at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbot.sandbox.slack.cannot import CannotAct
from tests.stories.theatre import NO_EVIDENCE, theatre


async def test_unknown_words_get_the_nearest_verb_or_an_offer_to_declare_them(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        told = await robin.ask("resovle INC-1")
        assert "I know no verb" in told
        assert "Did you mean /incident resolve" in told
        told = await robin.ask("the checkout burns")
        assert "INC-1 is open" in await robin.presses(told, "declare:")
        assert (await play.numbered(1)).title == "the checkout burns"
        assert "There is no INC-77 that you can see" in await robin.ask("note INC-77 hello")
        assert "sev9` is no severity" in await robin.ask("severity sev9 INC-1")
        assert (await play.numbered(1)).severity == "unset"


async def test_a_verb_finds_its_incident_by_room_number_and_thread(tmp_path: Path):
    """In a thread Slack takes no commands, so a mention does it, and is answered there."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules, robin = play.as_person("jules"), play.as_person("robin")
        assert "Which incident?" in await robin.ask("note nobody knows which")
        assert "Noted on the timeline of INC-1" in await robin.ask("note from the digest INC-1")
        with pytest.raises(CannotAct, match="not supported in threads"):
            await play.stage.slack.people.command(
                jules.id, room.id, "/incident", "status", thread_ts=play.card.ts
            )
        await jules.say("@opsbot note from the thread", room, thread_ts=play.card.ts)
        told = await jules.hears()
        assert "Noted on the timeline of INC-1" in told
        assert told.shown.thread_ts == play.card.ts
        note = (await play.numbered(1)).last_note
        assert note
        assert note.text == "from the thread"
        assert not [m for m in room.messages.values() if "Noted" in m.text], "nobody else is told"


async def test_guests_and_strangers_are_refused_everywhere_with_who_can(tmp_path: Path):
    """Typed, by mention, by button, in help and at Home: refused, and nothing is recorded."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        workspace = play.workspace
        workspace.add_user("gus.guest", real_name="Gus Guest", is_restricted=True)
        workspace.add_user(
            "sasha.stranger", real_name="Sasha Stranger", is_stranger=True, team_id="T0OTHER"
        )
        before = (await play.numbered(1)).human_acts
        for name, why in (("gus", "Guests"), ("sasha", "People from outside")):
            them = play.as_person(name)
            workspace.join(room, them.id)
            for words in ("help", "declare x", "sev1", "list", "note hello", "status INC-1"):
                told = await them.ask(words, room.id)
                assert f"{why}" in told, (words, told)
                assert "Ask a full member of this workspace" in told
                assert "partner-api" not in told
            assert why in await them.presses(play.card, "lead")
            await them.say("@opsbot resolve", room)
            assert why in await them.hears()
            home = await them.home()
            assert why in home
            assert "INC-1" not in home
        incident = await play.numbered(1)
        assert (incident.human_acts, incident.lead) == (before, None)


async def test_help_shows_what_this_person_may_do_here_and_why_not_the_rest(tmp_path: Path):
    """A verb that a rule narrows is listed with who can, and refused with the same words."""
    rule = [{"verbs": ["resolve", "redact"], "roles": ["lead"]}]
    async with theatre(tmp_path, permissions=rule, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        told = await jules.ask("help", room.id)
        assert "/incident resolve" not in told
        assert "resolve: `resolve` is limited here. The lead can." in told
        assert "`resolve` is limited here. The lead can." in await jules.ask("resolve", room.id)
        assert "You lead" in await jules.presses(play.card, "lead")
        assert "/incident resolve" in await jules.ask("help", room.id)
        assert "/incident resolve" in await jules.ask("help resolve", room.id)
        assert "INC-1 is resolved" in await jules.ask("resolve", room.id)
