"""What people do to rooms: archive, rename, delete, come late; the incident goes on."""

from __future__ import annotations

from pathlib import Path

from tests.stories.theatre import NO_EVIDENCE, both_doors, stored_in, theatre


async def test_a_room_archived_by_a_person_is_left_so_and_the_incident_goes_on_in_the_digest(
    database_url: str, tmp_path: Path
):
    """It comes back when they bring it back; nothing is opened in its place meanwhile."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        await play.stage.slack.people.archive(jules.id, room.id)
        (digest,) = play.messages("digest")
        await play.until(lambda: "was archived by somebody" in digest.text, "said in the digest")
        assert "is SEV1 now" in await jules.ask("severity sev1 INC-1")
        await play.until(lambda: "[SEV1]" in digest.text, "the digest kept current")
        assert room.archived
        assert len(play.rooms()) == 1
        await play.stage.slack.people.unarchive(jules.id, room.id)
        await play.stage.slack.people.invite(jules.id, room.id, [play.workspace.bot_user_id])
        await play.until_card("[SEV1]")
        await play.until(lambda: "archived" not in digest.text, "the digest links to it again")


async def test_a_renamed_room_stays_the_incidents_room(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        jules.user.is_admin = True
        await play.stage.slack.people.rename(jules.id, room.id, "partner-trouble")
        await play.stage.slack.courier.settled()
        assert "INC-1 is SEV2 now" in await jules.ask("sev2", room.id)
        await play.until_card("[SEV2]")
        assert "#partner-trouble" in await jules.ask("list")
        assert room.name == "partner-trouble"
        assert len(play.rooms()) == 1


async def test_a_room_deleted_for_good_is_not_opened_again(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        jules.user.is_admin = True
        await play.stage.slack.people.delete_channel(jules.id, room.id)
        (digest,) = play.messages("digest")
        await play.until(lambda: "by somebody" in digest.text, "said in the digest")
        assert "is SEV1 now" in await jules.ask("severity sev1 INC-1")
        await play.until(lambda: "[SEV1]" in digest.text, "the digest kept current")
        assert play.rooms() == []


async def test_whoever_comes_late_is_told_once_what_happened_so_far(tmp_path: Path):
    """Alone, and not again when they come back; guests are told nothing."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin, kim = play.as_person("robin"), play.as_person("kim")
        await robin.ask('declare "Search is slow" sev2 since -20m --lead')
        await play.until(lambda: bool(play.messages("card")), "a card")
        (room,) = play.rooms()
        await play.until(lambda: robin.id in room.members, "the declarer in the room")
        await robin.ask('impact "31 % of searches fail"', room.id)
        await play.until_card("31 % of searches fail")
        people = play.stage.slack.people
        await people.join(kim.id, room.id)
        told = await kim.hears()
        assert "Search is slow" in told
        assert "31 % of searches fail" in told
        assert "lead Robin Sample" in told
        await people.leave(kim.id, room.id)
        await people.join(kim.id, room.id)
        play.workspace.add_user("gus.guest", real_name="Gus Guest", is_restricted=True)
        gus = play.as_person("gus")
        play.workspace.join(room, gus.id)
        await play.stage.slack.courier.settled()
        # What one person does in one channel is answered in order: a welcome would come first.
        assert "31 % of searches fail" not in await kim.ask("help", room.id)
        assert "Guests" in await gus.ask("help", room.id)
        assert (len(kim.told), len(gus.told)) == (2, 1)
