"""What every RoomSurface must do; the fake and the real one are held to the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from opsbot.core.card import Button, Card, Image, line
from opsbot.core.people import Person
from opsbot.ports import (
    Done,
    OpenedChannel,
    Outcome,
    PostedMessage,
    Refused,
    RoomSurface,
    T,
    Unsure,
)

CARD = Card(
    header="[SEV2] checkout: errors above 5 %",
    lines=(line("31 % of logins fail", label="Impact"),),
    buttons=(Button(action="ack", label="Ack & lead", primary=True),),
)
NEWER = Card(header="[SEV1] checkout: errors above 5 %", lines=())
ADA = Person(id="P1", name="Ada", email="ada@example.com")
GUS = Person(id="P2", name="Gus", email="gus@example.com")
DEE = Person(id="P3", name="Dee", email="dee@example.com")
NIK = Person(id="P4", name="Nik", email="nik@example.com")
MAX = Person(id="P5", name="Max")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


class World(Protocol):
    """A room under test, and what the contract asks of the workspace around it."""

    @property
    def room(self) -> RoomSurface: ...

    def now(self) -> datetime: ...
    def wait(self, seconds: float) -> None: ...
    def add_accounts(self) -> None:
        """Ada is a member, Gus a guest, Dee deactivated; nobody has Nik's address."""
        ...

    def account(self, name: str) -> str:
        """The Slack id of one of these."""
        ...

    def hold_name(self, name: str) -> None: ...
    def lose_answer(self, move: str) -> None:
        """The next `open_channel` or `post` is done without its answer arriving."""
        ...

    def channel_names(self) -> list[str]: ...
    def words(self, channel_id: str, *, thread_ts: str = "") -> list[str]: ...
    def members(self, channel_id: str) -> list[str]: ...
    def topic(self, channel_id: str) -> str: ...
    def pins(self, channel_id: str) -> list[str]: ...
    def bookmarks(self, channel_id: str) -> list[str]: ...
    def is_private(self, channel_id: str) -> bool: ...
    def is_archived(self, channel_id: str) -> bool: ...
    def picture(self, file_id: str) -> bytes: ...
    def pictures(self) -> int:
        """How many pictures Slack holds, seen or not."""
        ...

    def shared(self, channel_id: str, thread_ts: str) -> list[tuple[str, str, bytes]]:
        """The files that stand in a thread: name, title and bytes; without `thread_ts` those
        that stand in the channel itself."""
        ...


async def nobody(channel_id: str) -> bool:
    return False


async def everybody(channel_id: str) -> bool:
    return True


def value(outcome: Outcome[T]) -> T:
    assert isinstance(outcome, Done), outcome
    return outcome.value


async def opened(
    world: World,
    *names: str,
    look_first: bool = False,
    private: bool = False,
    opened_at: datetime | None = None,
    stem: str = "",
) -> Outcome[OpenedChannel]:
    return await world.room.open_channel(
        names or ("inc-1-checkout", "inc-1-checkout-2"),
        private=private,
        opened_at=opened_at or world.now(),
        look_first=look_first,
        taken=nobody,
        stem=stem,
    )


async def posted(
    world: World,
    channel_id: str,
    slot: str = "card",
    *,
    look_first: datetime | None = None,
    thread_ts: str = "",
) -> Outcome[PostedMessage]:
    return await world.room.post(
        channel_id,
        CARD,
        slot=slot,
        incident_id="I-1",
        thread_ts=thread_ts,
        look_first=look_first,
        urgent=True,
    )


class RoomContract:
    """Inherit, and give a `world` fixture."""

    async def test_a_room_is_the_channel_asked_for(self, world: World) -> None:
        """Public or private from the start, under the first name."""
        public = value(await opened(world))
        private = value(await opened(world, "inc-2-private", private=True))
        assert (public.name, public.adopted) == ("inc-1-checkout", False)
        assert [world.is_private(c.channel_id) for c in (public, private)] == [False, True]

    async def test_a_name_somebody_else_holds_gives_the_next(self, world: World) -> None:
        """A stranger's channel is never ours, however well its name fits."""
        world.hold_name("inc-1-checkout")
        for look_first in (False, True):
            assert value(await opened(world, look_first=look_first)).name == "inc-1-checkout-2"
        assert world.channel_names().count("inc-1-checkout") == 1

    async def test_no_free_name_is_refused_for_good(self, world: World) -> None:
        """With the cure, because no retry will help."""
        world.hold_name("inc-1-checkout")
        outcome = await opened(world, "inc-1-checkout")
        assert isinstance(outcome, Refused)
        assert (outcome.error, outcome.retry_after) == ("name_taken", None)
        assert outcome.cure

    async def test_an_earlier_try_is_adopted(self, world: World) -> None:
        """Opening again after a crash finds the channel, asked to look first or not."""
        first = value(await opened(world))
        for look_first in (True, False):
            again = value(await opened(world, look_first=look_first))
            assert (again.channel_id, again.adopted) == (first.channel_id, True)
        assert world.channel_names().count("inc-1-checkout") == 1

    async def test_another_incidents_channel_is_not_adopted(self, world: World) -> None:
        """Ours by creator, yet it has its incident."""
        value(await opened(world))
        again = await world.room.open_channel(
            ("inc-1-checkout", "inc-1-checkout-2"),
            private=False,
            opened_at=world.now(),
            look_first=True,
            taken=everybody,
        )
        assert value(again).name == "inc-1-checkout-2"

    async def test_an_old_channel_of_ours_is_not_adopted(self, world: World) -> None:
        """A channel from before the incident was made for another reason."""
        value(await opened(world))
        world.wait(3600)
        assert value(await opened(world, look_first=True)).name == "inc-1-checkout-2"

    async def test_an_incident_from_the_future_still_finds_its_channel(self, world: World) -> None:
        """Senders do send the year 9999."""
        first = value(await opened(world))
        late = datetime.max.replace(tzinfo=world.now().tzinfo)
        again = value(await opened(world, look_first=True, opened_at=late))
        assert again.channel_id == first.channel_id

    async def test_a_lost_answer_to_opening_makes_one_channel(self, world: World) -> None:
        """Committed and then silence: converging again ends at the same channel."""
        began = world.now()
        world.lose_answer("open_channel")
        outcome = await opened(world)
        assert isinstance(outcome, Done | Unsure)
        again = value(await opened(world, look_first=True, opened_at=began))
        assert again.name == "inc-1-checkout"
        assert [n for n in world.channel_names() if n.startswith("inc-1")] == ["inc-1-checkout"]

    async def test_an_earlier_try_is_adopted_under_another_title(self, world: World) -> None:
        """Created, the answer lost, and the title changed meanwhile: no second room."""
        began = world.now()
        world.lose_answer("open_channel")
        assert isinstance(await opened(world, stem="inc-1"), Done | Unsure)
        again = await opened(
            world, "inc-1-logins-fail", look_first=True, opened_at=began, stem="inc-1"
        )
        assert (value(again).name, value(again).adopted) == ("inc-1-checkout", True)
        assert world.channel_names().count("inc-1-logins-fail") == 0

    async def test_a_name_that_is_taken_leads_to_our_own_of_another_title(
        self, world: World
    ) -> None:
        """A stranger holds the new name; ours is found by what the title cannot change."""
        first = value(await opened(world, "inc-1"))
        world.hold_name("inc-1-logins-fail")
        again = value(await opened(world, "inc-1-logins-fail", "inc-1-b", stem="inc-1"))
        assert again.channel_id == first.channel_id

    async def test_another_number_is_not_taken_for_ours(self, world: World) -> None:
        """`inc-1` is the head of `inc-12-checkout` only to the eye."""
        value(await opened(world, "inc-12-checkout"))
        other = value(await opened(world, "inc-1-checkout", look_first=True, stem="inc-1"))
        assert (other.name, other.adopted) == ("inc-1-checkout", False)

    async def test_a_held_or_old_channel_is_not_adopted_by_its_stem(self, world: World) -> None:
        """The stem widens the name alone; age and holder count as ever."""
        value(await opened(world))
        held = await world.room.open_channel(
            ["inc-1-new"], private=False, opened_at=world.now(), look_first=True,
            taken=everybody, stem="inc-1",
        )  # fmt: skip
        assert not value(held).adopted
        world.wait(3600)
        later = value(await opened(world, "inc-1-newer", look_first=True, stem="inc-1"))
        assert (later.name, later.adopted) == ("inc-1-newer", False)

    async def test_a_private_room_is_never_a_public_channel(self, world: World) -> None:
        """The incident was made private after the first try: that channel shows it to all."""
        value(await opened(world))
        private = await opened(world, "inc-1-private", look_first=True, private=True, stem="inc-1")
        assert value(private).name == "inc-1-private"
        assert world.is_private(value(private).channel_id)

    async def test_a_card_is_posted_and_edited_in_place(self, world: World) -> None:
        """One message, always saying the newest."""
        channel_id = value(await opened(world)).channel_id
        message = value(await posted(world, channel_id))
        assert "31 % of logins fail" in world.words(channel_id)[0]
        value(await world.room.edit(channel_id, message.ts, NEWER, incident_id="I-1"))
        (words,) = world.words(channel_id)
        assert "SEV1" in words
        assert "31 %" not in words

    async def test_a_card_that_stands_is_not_posted_again(self, world: World) -> None:
        """Looking first finds it by incident and slot; another slot is another message."""
        channel_id = value(await opened(world)).channel_id
        began = world.now()
        first = value(await posted(world, channel_id))
        assert value(await posted(world, channel_id, look_first=began)) == first
        other = value(await posted(world, channel_id, "update", look_first=began))
        assert other.ts != first.ts
        assert len(world.words(channel_id)) == 2

    async def test_a_lost_answer_to_posting_makes_one_card(self, world: World) -> None:
        """Committed and then silence: converging again ends at the same message."""
        channel_id = value(await opened(world)).channel_id
        began = world.now()
        world.lose_answer("post")
        outcome = await posted(world, channel_id)
        assert isinstance(outcome, Done | Unsure)
        value(await posted(world, channel_id, look_first=began))
        assert len(world.words(channel_id)) == 1

    async def test_a_reply_stands_in_its_thread_once(self, world: World) -> None:
        """Threads are looked through on their own."""
        channel_id = value(await opened(world)).channel_id
        card = value(await posted(world, channel_id))
        began = world.now()
        reply = value(await posted(world, channel_id, "chart", thread_ts=card.ts))
        again = await posted(world, channel_id, "chart", thread_ts=card.ts, look_first=began)
        assert value(again) == reply
        assert len(world.words(channel_id)) == 1
        assert len(world.words(channel_id, thread_ts=card.ts)) == 1

    async def test_editing_what_is_gone_is_refused_for_good(self, world: World) -> None:
        """The record is re-pointed, not the call repeated."""
        channel_id = value(await opened(world)).channel_id
        outcome = await world.room.edit(channel_id, "1700000000.000001", CARD, incident_id="I-1")
        assert isinstance(outcome, Refused)
        assert (outcome.error, outcome.retry_after) == ("message_not_found", None)

    async def test_everybody_is_invited_or_named(self, world: World) -> None:
        """A guest, a deactivated and an unknown person keep nobody else out."""
        world.add_accounts()
        channel_id = value(await opened(world)).channel_id
        result = value(await world.room.invite(channel_id, [NIK, ADA, GUS, DEE, MAX]))
        assert [person.person_id for person in result.invited] == ["P1"]
        assert {person.name for person in result.missing} == {"Nik", "Gus", "Dee", "Max"}
        assert all(person.reason for person in result.missing)
        assert result.invited[0].slack_id in world.members(channel_id)

    async def test_inviting_twice_is_inviting(self, world: World) -> None:
        """Somebody who is there already counts as invited."""
        world.add_accounts()
        channel_id = value(await opened(world)).channel_id
        first = value(await world.room.invite(channel_id, [ADA]))
        assert value(await world.room.invite(channel_id, [ADA])) == first

    async def test_who_acted_in_slack_is_invited_by_that_account(self, world: World) -> None:
        """The pager need not know them; a guest, and an account nobody sees, are named."""
        world.add_accounts()
        channel_id = value(await opened(world)).channel_id
        ada, gus = world.account("ada"), world.account("gus")
        people = [Person(id=f"slack:{one}", name=one) for one in (ada, gus, "U0NONE")]
        result = value(await world.room.invite(channel_id, people))
        assert [(p.person_id, p.slack_id) for p in result.invited] == [(f"slack:{ada}", ada)]
        assert {p.person_id for p in result.missing} == {f"slack:{gus}", "slack:U0NONE"}
        assert all(p.reason for p in result.missing)
        assert ada in world.members(channel_id)

    async def test_topic_pin_and_bookmark_are_set_once(self, world: World) -> None:
        """Doing each twice changes nothing, bookmarks included."""
        channel_id = value(await opened(world)).channel_id
        ts = value(await posted(world, channel_id)).ts
        for _ in range(2):
            value(await world.room.set_topic(channel_id, "SEV2, <!here> investigating"))
            value(await world.room.pin(channel_id, ts))
            value(await world.room.bookmark(channel_id, "Alert", "https://example.com/alert"))
        assert world.topic(channel_id) == "SEV2, &lt;!here&gt; investigating"
        assert world.pins(channel_id) == [ts]
        assert world.bookmarks(channel_id) == ["https://example.com/alert"]

    async def test_a_bookmark_that_is_no_web_address_is_refused(self, world: World) -> None:
        """Links come from configuration and from senders."""
        channel_id = value(await opened(world)).channel_id
        outcome = await world.room.bookmark(channel_id, "Alert", "javascript:alert(1)")
        assert isinstance(outcome, Refused)
        assert world.bookmarks(channel_id) == []

    async def test_archiving_and_back_can_be_done_twice(self, world: World) -> None:
        """Both are success when it stands already."""
        channel_id = value(await opened(world)).channel_id
        for archived in (True, False):
            move = world.room.archive if archived else world.room.unarchive
            for _ in range(2):
                value(await move(channel_id))
            assert world.is_archived(channel_id) is archived

    async def test_an_archived_room_takes_nothing(self, world: World) -> None:
        """A person archived it: the refusal says so, and nothing is forced open."""
        channel_id = value(await opened(world)).channel_id
        value(await world.room.archive(channel_id))
        outcome = await posted(world, channel_id)
        assert isinstance(outcome, Refused)
        assert (outcome.error, outcome.retry_after) == ("is_archived", None)
        assert world.is_archived(channel_id)

    async def test_saying_something_twice_says_it_twice(self, world: World) -> None:
        """Such a message has no slot to be found by."""
        channel_id = value(await opened(world)).channel_id
        first = value(await world.room.say(channel_id, CARD))
        second = value(await world.room.say(channel_id, CARD))
        assert first.ts != second.ts
        assert len(world.words(channel_id)) == 2

    async def test_a_picture_is_held_whole_and_shown_by_a_message(self, world: World) -> None:
        """Its alt text is read where it stands; before that nobody sees it."""
        channel_id = value(await opened(world)).channel_id
        alt = "Error share of checkout, 31 % since 13:58 UTC"
        file_id = value(await world.room.upload("chart-page.png", PNG, alt))
        assert world.picture(file_id) == PNG
        assert world.words(channel_id) == []
        image = Image(file_id=file_id, title="Error share", alt=alt)
        card = Card(header="", lines=(line("Error share"),), images=(image,))
        posted = await world.room.post(channel_id, card, slot="chart:page", incident_id="I-1")
        value(posted)
        assert alt in world.words(channel_id)[0]

    async def test_giving_a_picture_twice_makes_two(self, world: World) -> None:
        """Nothing tells two uploads apart: an orphan is seen by nobody."""
        first = value(await world.room.upload("chart-page.png", PNG, "a chart"))
        second = value(await world.room.upload("chart-page.png", PNG, "a chart"))
        assert first != second
        assert world.pictures() == 2

    async def test_a_lost_answer_to_an_upload_is_unsure(self, world: World) -> None:
        """It may be repeated: the first one is an orphan then."""
        world.lose_answer("upload")
        assert isinstance(await world.room.upload("chart-page.png", PNG, "a chart"), Unsure)
        value(await world.room.upload("chart-page.png", PNG, "a chart"))

    async def test_an_empty_picture_is_refused_for_good(self, world: World) -> None:
        """Slack takes no file of no bytes."""
        outcome = await world.room.upload("chart-page.png", b"", "a chart")
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is None

    async def test_a_missing_room_refuses_everything(self, world: World) -> None:
        """A channel can be deleted under us."""
        outcomes = (
            await posted(world, "C0NONE"),
            await world.room.archive("C0NONE"),
            await world.room.set_topic("C0NONE", "x"),
        )
        assert [o.error for o in outcomes if isinstance(o, Refused)] == ["channel_not_found"] * 3

    async def test_ts_is_text_that_sorts_by_time(self, world: World) -> None:
        """Stored as text with its channel, never as a float."""
        channel_id = value(await opened(world)).channel_id
        first = value(await posted(world, channel_id)).ts
        world.wait(timedelta(seconds=2).total_seconds())
        assert first < value(await posted(world, channel_id, "update")).ts
