"""People: found, invited in one call, and named with the reason when they cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from opsbot.core.people import Person
from opsbot.ports import Done, Refused, Unsure
from opsbot.sandbox.slack import faults
from opsbot.slack import directory
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway
from opsbot.slack.invitation import MOST_INVITED, Invitations
from tests.slack.clocks import HastyClock
from tests.slack.odd_slack import OK, Odd, OddSlack
from tests.slack.room_contract import opened, value
from tests.slack.sandbox_world import SandboxWorld, sandbox_world


@pytest.fixture
async def world() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world() as world:
        yield world


def person(name: str, email: str | None = None) -> Person:
    address = f"{name}@example.com" if email is None else email
    return Person(id=f"P-{name}", name=name, email=address)


async def room(world: SandboxWorld) -> str:
    return value(await opened(world)).channel_id


@pytest.mark.parametrize("forced_is_ok", [True, False])
async def test_everybody_who_can_be_is_invited_in_one_call(
    world: SandboxWorld, forced_is_ok: bool
) -> None:
    """Whichever way Slack answers a forced invitation of some bad ids (nobody has shown it)."""
    world.workspace.preferences.forced_invite_is_ok = forced_is_ok
    channel_id = await room(world)
    people = [person(name) for name in ("ada", "bo", "cy")]
    for one in people:
        world.workspace.add_user(one.name, email=one.email)
    mapped = Person(id="P-mapped", name="mapped")  # to an id that does not exist
    result = value(await world.room.invite(channel_id, [people[0], mapped, *people[1:]]))
    assert [one.name for one in result.invited] == ["ada", "bo", "cy"]
    assert [one.name for one in result.missing] == ["mapped"]
    assert "correct its Slack id" in result.missing[0].reason
    assert world.calls("conversations.invite") == (1 if forced_is_ok else 2)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"deleted": True}, directory.NO_ACCOUNT),  # users.lookupByEmail does not find them
        ({"is_restricted": True}, directory.GUEST),
        ({"is_ultra_restricted": True}, directory.SINGLE_CHANNEL_GUEST),
        ({"is_stranger": True}, directory.STRANGER),
        ({"is_bot": True}, directory.BOT),
    ],
)
async def test_an_account_that_may_not_be_invited_is_named_with_the_reason(
    world: SandboxWorld, flags: dict[str, Any], reason: str
) -> None:
    """And nobody is asked in vain: no invitation goes out for them."""
    world.workspace.add_user("gus", email="gus@example.com", **flags)
    channel_id = await room(world)
    result = value(await world.room.invite(channel_id, [person("gus")]))
    assert result.invited == ()
    assert world.calls("conversations.invite") == 0
    assert result.missing[0].reason == reason


async def test_a_deactivated_account_that_is_found_is_named_as_such(
    odd: OddSlack, gateway: Gateway
) -> None:
    """Slack's page does not say whether the look-up finds them, so both answers are understood."""
    odd.tell("users.lookupByEmail", Odd(json={"ok": True, "user": {"id": "U1", "deleted": True}}))
    invitations = Invitations(gateway, Directory(gateway, HastyClock()))
    result = value(await invitations.invite("C1", [person("dee")]))
    assert [one.reason for one in result.missing] == [directory.DEACTIVATED]


@pytest.mark.parametrize(
    "email", ["", " ", "nobody", "@", "a@b\x00", "a@\u202eb", "\ud800@b", "x@" * 400]
)
async def test_an_address_that_is_none_is_not_looked_up(world: SandboxWorld, email: str) -> None:
    """Pagers hand out whatever somebody typed."""
    channel_id = await room(world)
    result = value(await world.room.invite(channel_id, [person("ada", email)]))
    assert [one.reason for one in result.missing] == [directory.NO_ADDRESS]
    assert world.calls("users.lookupByEmail") == 0


async def test_five_thousand_assignees_fill_a_room_and_no_more(world: SandboxWorld) -> None:
    """A hundred are brought in, the others named; nothing is asked about them."""
    people = [person(f"u{number}") for number in range(5_000)]
    for one in people[:MOST_INVITED]:
        world.workspace.add_user(one.name, email=one.email)
    channel_id = await room(world)
    invited: set[str] = set()
    missing: set[str] = set()
    for _ in range(10):
        settled = invited | missing
        left = [one for one in people if one.id not in settled]
        result = value(await world.room.invite(channel_id, left))
        invited |= {one.person_id for one in result.invited}
        missing |= {one.person_id for one in result.missing}
        if len(invited | missing) == len(people):
            break
    assert len(invited) == MOST_INVITED
    assert world.calls("users.lookupByEmail") == MOST_INVITED
    assert world.calls("conversations.invite") <= 10


async def test_people_whose_look_up_is_put_off_are_not_settled(world: SandboxWorld) -> None:
    """Slack's limit on look-ups delays people; it makes nobody missing."""
    people = [person(f"u{number}") for number in range(60)]
    for one in people:
        world.workspace.add_user(one.name, email=one.email)
    channel_id = await room(world)
    first = value(await world.room.invite(channel_id, people))
    assert 0 < len(first.invited) < 60
    assert first.missing == ()
    second = value(await world.room.invite(channel_id, people))
    assert len(second.invited) > len(first.invited)


async def test_nobody_settled_is_the_refusal_that_caused_it(world: SandboxWorld) -> None:
    """Slack is down for look-ups: come back later, with everybody."""
    channel_id = await room(world)
    world.sandbox.faults.add("users.lookupByEmail", faults.server_error(500))
    outcome = await world.room.invite(channel_id, [person("ada"), person("bo")])
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None


async def test_without_the_scope_to_look_people_up_they_are_named_with_the_cure(
    world: SandboxWorld,
) -> None:
    """The feature is off, the room is not."""
    world.sandbox.scopes = world.sandbox.scopes - {"users:read.email"}
    channel_id = await room(world)
    result = value(await world.room.invite(channel_id, [person("ada")]))
    assert "users:read.email" in result.missing[0].reason


async def test_two_pager_accounts_of_one_person_are_one_invitation(world: SandboxWorld) -> None:
    """Both are told as invited."""
    ada = world.workspace.add_user("ada", email="ada@example.com")
    channel_id = await room(world)
    people = [person("ada"), Person(id="P-2", name="ada too", email="ADA@example.com ")]
    result = value(await world.room.invite(channel_id, people))
    assert [one.person_id for one in result.invited] == ["P-ada", "P-2"]
    assert world.members(channel_id).count(ada.id) == 1


async def test_accounts_are_remembered_and_absence_forgotten_sooner(world: SandboxWorld) -> None:
    """An hour for who is there, five minutes for who is not: somebody may be fixing it."""
    world.workspace.add_user("ada", email="ada@example.com")
    people = [person("ada"), person("nik")]
    for seconds, lookups in ((0, 2), (10, 2), (301, 3), (3601, 5)):
        world.wait(seconds)
        for one in people:
            await world.directory.find(one)
        assert world.calls("users.lookupByEmail") == lookups


async def test_a_mapped_person_is_not_looked_up(odd: OddSlack, gateway: Gateway) -> None:
    """By address or pager id, as opsbot.yaml says, whatever its case."""
    mapping = {"Ada@Example.com": "U1", "p-bo": "U2"}
    invitations = Invitations(gateway, Directory(gateway, HastyClock(), mapping))
    result = value(await invitations.invite("C1", [person("ada"), person("bo", "")]))
    assert [one.slack_id for one in result.invited] == ["U1", "U2"]
    assert odd.seen[0].form == {"channel": "C1", "users": "U1,U2", "force": "true"}


def mapped(gateway: Gateway, count: int) -> tuple[Invitations, list[Person]]:
    mapping = {f"p{number}": f"U{number}" for number in range(count)}
    people = [Person(id=f"p{number}", name=str(number)) for number in range(count)]
    return Invitations(gateway, Directory(gateway, HastyClock(), mapping)), people


async def test_a_personal_refusal_that_names_nobody_is_narrowed_down(
    odd: OddSlack, gateway: Gateway
) -> None:
    """One bad id of eight is found by halves, and the other seven are in."""
    invitations, people = mapped(gateway, 8)
    refusal = Odd(json={"ok": False, "error": "user_is_restricted"})
    # 01234567 no; 0123 yes; 4567 no; 45 no; 4 yes; 5 no; 67 yes
    odd.tell("conversations.invite", refusal, Odd(json=OK), refusal, refusal, Odd(json=OK), refusal)
    result = value(await invitations.invite("C1", people))
    assert [one.person_id for one in result.missing] == ["p5"]
    assert len(result.invited) == 7
    assert odd.calls("conversations.invite") == 7


@pytest.mark.parametrize("error", ["already_in_channel", "cant_invite_self"])
async def test_somebody_who_is_there_already_counts_as_invited(
    odd: OddSlack, gateway: Gateway, error: str
) -> None:
    """With and without a list of errors."""
    invitations, people = mapped(gateway, 1)
    errors = [{"user": "U0", "ok": False, "error": error}]
    odd.refuse("conversations.invite", error)
    odd.refuse("conversations.invite", error, errors=errors)
    for _ in range(2):
        assert len(value(await invitations.invite("C1", people)).invited) == 1


async def test_a_refusal_about_the_channel_is_the_outcome(odd: OddSlack, gateway: Gateway) -> None:
    """An archived channel says nothing about people, so nobody is missing for it."""
    invitations, people = mapped(gateway, 3)
    odd.refuse("conversations.invite", "is_archived")
    odd.tell("conversations.invite", Odd(drop=True))
    assert isinstance(await invitations.invite("C1", people), Refused)
    assert isinstance(await invitations.invite("C1", people), Unsure)
    assert isinstance(await invitations.invite("C1", people), Done)
