"""What every PeopleSurface must do; the fake and the real one are held to the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from opsbot.core.card import Button, Card, line
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.invocation import Caller, How, Invocation, Place
from opsbot.ports import Done, Entered, Outcome, PeopleSurface, Refused, T

CARD = Card(
    header="INC-7 checkout", lines=(line("31 % of logins fail", label="Impact"),),
    buttons=(Button(action="menu", label="What can I do?"),),
)  # fmt: skip
NEWER = Card(header="INC-8 search", lines=())
FORM = Form(
    verb="severity", title="Set the severity", submit="Set", incident_id="inc-7",
    fields=(
        Field(name="severity", label="Severity", kind=FieldKind.CHOICE, required=True,
              choices=(Choice(value="SEV1", label="SEV1"),)),
        Field(name="reason", label="Why"),
    ),
)  # fmt: skip


class World(Protocol):
    """People under test, and what the contract asks of the workspace around them."""

    @property
    def people(self) -> PeopleSurface: ...

    def member(self, name: str, zone: str = "UTC") -> Caller: ...
    def guest(self, name: str) -> Caller: ...
    def deactivated(self, name: str) -> Caller: ...
    def stranger(self, name: str) -> Caller:
        """Somebody of another company, in a channel shared with it."""
        ...

    def channel(self, name: str, *, private: bool = False, inside: bool = True) -> str: ...
    def say(self, channel_id: str, caller: Caller, text: str) -> str:
        """Somebody writes; the message's ts."""
        ...

    def say_below(self, channel_id: str, parent: str, caller: Caller, text: str) -> str: ...
    def trigger(self, caller: Caller) -> str: ...
    def break_down(self, move: str) -> None:
        """The next call of the move does nothing, and is refused for the next minute."""
        ...

    def wait(self, seconds: float) -> None: ...

    def shown_to(self, caller: Caller) -> list[str]:
        """What they alone were shown, the newest last."""
        ...

    def told_in(self, channel_id: str, caller: Caller) -> list[str]:
        """What they alone were shown in this channel."""
        ...

    def forms_of(self, caller: Caller) -> list[str]:
        """The titles of the forms on their screen."""
        ...

    def home_of(self, caller: Caller) -> str: ...
    def reactions(self, channel_id: str, ts: str) -> list[str]: ...


def value(outcome: Outcome[T]) -> T:
    assert isinstance(outcome, Done), outcome
    return outcome.value


def asking(caller: Caller, channel_id: str = "") -> Invocation:
    at = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    return Invocation(
        id="x", occurred_at=at, how=How.TYPED, caller=caller, place=Place(channel_id=channel_id)
    )


class PeopleContract:
    """Inherit, and give a `world` fixture."""

    async def test_a_member_is_known_with_zone_and_address(self, world: World) -> None:
        """Times are read in the zone, the pager is told the address."""
        ada = value(await world.people.standing(world.member("ada", zone="Asia/Tokyo")))
        assert (ada.zone, ada.email, ada.outsider) == ("Asia/Tokyo", "ada@example.com", "")
        assert ada.name
        assert ada.groups == frozenset()

    async def test_everybody_else_is_told_apart(self, world: World) -> None:
        """Guests, people who left and people from elsewhere; each is refused by default."""
        gus = value(await world.people.standing(world.guest("gus")))
        dee = value(await world.people.standing(world.deactivated("dee")))
        sam = value(await world.people.standing(world.stranger("sam")))
        assert (gus.guest, dee.deactivated, sam.stranger) == (True, True, True)
        assert all(one.outsider for one in (gus, dee, sam))

    async def test_another_workspaces_claim_makes_a_stranger(self, world: World) -> None:
        """The one thing of a payload that counts is what speaks against its sender."""
        ada = world.member("ada")
        elsewhere = Caller(user_id=ada.user_id, name=ada.name, team_id="T0ELSE")
        assert value(await world.people.standing(elsewhere)).stranger
        assert not value(await world.people.standing(ada)).stranger

    async def test_nobody_is_refused(self, world: World) -> None:
        """An id that Slack does not know is no member."""
        outcome = await world.people.standing(Caller(user_id="U0NONE"))
        assert isinstance(outcome, Refused)

    async def test_an_answer_is_seen_by_the_asker_alone(self, world: World) -> None:
        """In the channel they asked in, and nobody else of it."""
        ada, ben = world.member("ada"), world.member("ben")
        channel = world.channel("payments")
        world.say(channel, ada, "hello")
        world.say(channel, ben, "hi")
        value(await world.people.answer(asking(ada, channel), CARD, incident_id="inc-7"))
        (shown,) = world.shown_to(ada)
        assert "31 % of logins fail" in shown
        assert world.shown_to(ben) == []

    async def test_who_asked_from_nowhere_is_answered_directly(self, world: World) -> None:
        """The Home tab and the shortcuts of the workspace have no channel."""
        ada = world.member("ada")
        value(await world.people.answer(asking(ada), CARD))
        assert "31 % of logins fail" in world.shown_to(ada)[-1]

    async def test_a_channel_we_cannot_write_in_does_not_silence_the_answer(
        self, world: World
    ) -> None:
        """A private channel without us: they hear it in their direct messages."""
        ada = world.member("ada")
        channel = world.channel("secret-plans", private=True, inside=False)
        value(await world.people.answer(asking(ada, channel), CARD))
        assert len(world.shown_to(ada)) == 1

    async def test_a_whisper_is_heard_by_one_member_in_the_channel(self, world: World) -> None:
        """Where they work, and nobody else of it sees it."""
        ada, ben = world.member("ada"), world.member("ben")
        channel = world.channel("payments")
        world.say(channel, ada, "hello")
        world.say(channel, ben, "hi")
        value(await world.people.whisper(channel, ada.user_id, CARD, incident_id="inc-7"))
        (told,) = world.told_in(channel, ada)
        assert "31 % of logins fail" in told
        assert world.shown_to(ada) == [told]
        assert world.shown_to(ben) == []

    async def test_who_is_not_in_the_channel_is_told_directly(self, world: World) -> None:
        """A lead who left the room, a private room without us, and no channel at all."""
        ada = world.member("ada")
        payments = world.channel("payments")
        secret = world.channel("secret-plans", private=True, inside=False)
        for number, channel in enumerate((payments, secret, ""), start=1):
            value(await world.people.whisper(channel, ada.user_id, CARD))
            assert len(world.shown_to(ada)) == number
            assert world.told_in(channel, ada) == []

    async def test_a_direct_message_has_a_place_and_what_is_gone_with_a_reload_has_none(
        self, world: World
    ) -> None:
        """By its place it is edited once it has lapsed."""
        ada = world.member("ada")
        channel = world.channel("payments")
        world.say(channel, ada, "hello")
        assert value(await world.people.whisper(channel, ada.user_id, CARD)) is None
        places = [value(await world.people.whisper("", ada.user_id, CARD)) for _ in range(2)]
        known = [place for place in places if place is not None and place.ts]
        assert len({place.ts for place in known}) == 2
        assert {place.channel_id[:1] for place in known} == {"D"}

    async def test_a_whisper_to_nobody_is_refused(self, world: World) -> None:
        outcome = await world.people.whisper("", "U0NONE", CARD)
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is None
        assert outcome.cure

    async def test_a_whisper_that_fails_for_now_says_when_to_come_back(self, world: World) -> None:
        """It is not told another way meanwhile: twice would be once too often."""
        ada = world.member("ada")
        channel = world.channel("payments")
        world.say(channel, ada, "hello")
        world.break_down("whisper")
        outcome = await world.people.whisper(channel, ada.user_id, CARD)
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        assert world.shown_to(ada) == []

    async def test_a_trigger_opens_one_form(self, world: World) -> None:
        """The second press of the same trigger is refused, with what to do."""
        ada = world.member("ada")
        trigger = world.trigger(ada)
        value(await world.people.open_form(trigger, FORM))
        assert world.forms_of(ada) == ["Set the severity"]
        again = await world.people.open_form(trigger, FORM)
        assert isinstance(again, Refused)
        assert again.cure

    async def test_a_home_tab_shows_the_newest(self, world: World) -> None:
        """Published whole each time."""
        ada = world.member("ada")
        value(await world.people.show_home(ada.user_id, [(CARD, "inc-7"), (NEWER, "inc-8")]))
        assert "INC-7 checkout" in world.home_of(ada)
        value(await world.people.show_home(ada.user_id, [(NEWER, "inc-8")]))
        assert "INC-8 search" in world.home_of(ada)
        assert "INC-7" not in world.home_of(ada)

    async def test_reacting_twice_is_reacting(self, world: World) -> None:
        """The pin is heard again, the tick stands."""
        ada = world.member("ada")
        channel = world.channel("payments")
        ts = world.say(channel, ada, "rolled back")
        for _ in range(2):
            value(await world.people.react(channel, ts, "white_check_mark"))
        assert world.reactions(channel, ts) == ["white_check_mark"]

    async def test_a_message_that_is_gone_takes_no_reaction(self, world: World) -> None:
        channel = world.channel("payments")
        outcome = await world.people.react(channel, "1700000000.000001", "white_check_mark")
        assert isinstance(outcome, Refused)
        assert outcome.error == "message_not_found"

    async def test_the_message_under_a_reaction_can_be_read(self, world: World) -> None:
        """Who wrote it and what, in the channel and in a thread."""
        ada, ben = world.member("ada"), world.member("ben")
        channel = world.channel("payments")
        first = world.say(channel, ada, "rolled back v2.14")
        below = world.say_below(channel, first, ben, "errors are gone")
        one = value(await world.people.message(channel, first))
        other = value(await world.people.message(channel, below))
        assert (one.ts, one.author_id, one.text) == (first, ada.user_id, "rolled back v2.14")
        assert (other.ts, other.author_id, other.text) == (below, ben.user_id, "errors are gone")

    async def test_a_message_that_is_gone_cannot_be_read(self, world: World) -> None:
        channel = world.channel("payments")
        outcome = await world.people.message(channel, "1700000000.000001")
        assert isinstance(outcome, Refused)
        assert (outcome.error, outcome.retry_after) == ("message_not_found", None)

    async def test_entering_tells_of_the_channel(self, world: World) -> None:
        """A public channel is joined; being there already is as good; a private one is not."""
        outside = world.channel("payments", inside=False)
        inside = world.channel("search", private=True)
        closed = world.channel("secret-plans", private=True, inside=False)
        for _ in range(2):
            entered = value(await world.people.enter(outside))
            assert entered == Entered(name="payments", private=False)
        assert value(await world.people.enter(inside)) == Entered(name="search", private=True)
        assert isinstance(await world.people.enter(closed), Refused)

    async def test_once_inside_messages_can_be_read(self, world: World) -> None:
        ada = world.member("ada")
        channel = world.channel("payments", inside=False)
        ts = world.say(channel, ada, "rolled back")
        value(await world.people.enter(channel))
        assert value(await world.people.message(channel, ts)).text == "rolled back"

    async def test_a_permalink_names_channel_and_message(self, world: World) -> None:
        """Slack's own form of it: the ts without its dot."""
        link = await world.people.permalink("C0PAY", "1762171200.000100")
        assert link.endswith("/archives/C0PAY/p1762171200000100")
        assert link.startswith("http")

    async def test_what_fails_for_now_says_when_to_come_back(self, world: World) -> None:
        """Nothing was done, and trying again is worth it."""
        ada = world.member("ada")
        world.break_down("show_home")
        outcome = await world.people.show_home(ada.user_id, [(CARD, "")])
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        world.wait(outcome.retry_after.total_seconds() + 1)
        value(await world.people.show_home(ada.user_id, [(CARD, "")]))

    async def test_somebody_known_stays_known_while_slack_is_away(self, world: World) -> None:
        """Remembered for a while; somebody never seen is not guessed at."""
        ada, ben = world.member("ada"), world.member("ben")
        value(await world.people.standing(ada))
        world.wait(600)
        world.break_down("standing")
        assert isinstance(await world.people.standing(ben), Refused)
        assert not value(await world.people.standing(ada)).outsider

    async def test_somebody_looked_up_now_is_never_answered_from_memory(self, world: World) -> None:
        """What is remembered still counts where nothing depends on this very moment."""
        ada = world.member("ada")
        value(await world.people.standing(ada, fresh=True))
        world.break_down("standing")
        outcome = await world.people.standing(ada, fresh=True)
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        assert not value(await world.people.standing(ada)).outsider
