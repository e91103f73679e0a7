"""Who the sandbox Slack lets be invited, and what it answers about the others."""

from __future__ import annotations

from tests.sandbox.slack_world import SlackWorld, error_of, refusal


async def test_up_to_a_hundred_people_come_in_one_call(slack: SlackWorld) -> None:
    room = slack.room()
    people = [slack.workspace.add_user(f"person-{number}").id for number in range(101)]
    over = slack.client.conversations_invite(channel=room.id, users=people)
    assert await error_of(over) == "invalid_arguments"
    await slack.client.conversations_invite(channel=room.id, users=people[:100])
    assert room.members == [slack.bot, *people[:100]]


async def test_each_bad_id_has_its_own_error(slack: SlackWorld) -> None:
    add, room = slack.workspace.add_user, slack.room()
    member = add("member")
    room.members.append(member.id)
    cases = {
        "U404": "user_not_found",
        slack.bot: "cant_invite_self",
        member.id: "already_in_channel",
        add("gone", deleted=True).id: "cant_invite",
        add("guest", is_restricted=True).id: "user_is_restricted",
        add("stranger", is_stranger=True).id: "no_external_invite_permission",
    }
    for user, error in cases.items():
        invite = slack.client.conversations_invite(channel=room.id, users=user)
        assert await error_of(invite) == error


async def test_guests_come_in_where_everyone_may_invite_them(slack: SlackWorld) -> None:
    """A single-channel guest still stays in the one channel."""
    slack.workspace.preferences.who_may_invite_guests = "everyone"
    guest = slack.workspace.add_user("guest", is_ultra_restricted=True)
    first, second = slack.room("inc-1"), slack.room("inc-2")
    await slack.client.conversations_invite(channel=first.id, users=guest.id)
    invite = slack.client.conversations_invite(channel=second.id, users=guest.id)
    assert await error_of(invite) == "ura_max_channels"


async def test_one_bad_id_keeps_everybody_out(slack: SlackWorld) -> None:
    """Without force nobody is invited, and every bad id is listed."""
    room, ada = slack.room(), slack.workspace.add_user("ada")
    users = ["U404", ada.id, slack.bot]
    body = await refusal(slack.client.conversations_invite(channel=room.id, users=users))
    assert body["error"] == "user_not_found"
    assert [(e["user"], e["error"]) for e in body["errors"]] == [
        ("U404", "user_not_found"),
        (slack.bot, "cant_invite_self"),
    ]
    assert ada.id not in room.members


async def test_force_brings_the_good_ones_in_and_lists_the_bad(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    gone = slack.workspace.add_user("gone", deleted=True)
    answer = await slack.client.conversations_invite(
        channel=room.id, users=[gone.id, ada.id], force=True
    )
    assert answer["errors"] == [{"user": gone.id, "ok": False, "error": "cant_invite"}]
    assert ada.id in room.members


async def test_force_with_nobody_left_is_refused(slack: SlackWorld) -> None:
    room = slack.room()
    invite = slack.client.conversations_invite(channel=room.id, users="U404", force=True)
    assert await error_of(invite) == "user_not_found"


async def test_force_may_be_answered_not_ok_though_people_came_in(slack: SlackWorld) -> None:
    """Slack's page does not settle this, so the sandbox can be switched to the other reading."""
    slack.workspace.preferences.forced_invite_is_ok = False
    room, ada = slack.room(), slack.workspace.add_user("ada")
    invite = slack.client.conversations_invite(channel=room.id, users=["U404", ada.id], force=True)
    assert await error_of(invite) == "user_not_found"
    assert ada.id in room.members


async def test_inviting_needs_people_and_membership(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    room, other = slack.room(), slack.workspace.add_channel("other")
    nobody = await slack.raw("conversations.invite", data={"channel": room.id})
    assert nobody["error"] == "no_user"
    invite = slack.client.conversations_invite(channel=other.id, users=ada.id)
    assert await error_of(invite) == "not_in_channel"


async def test_kicking_follows_its_own_rules(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    kick = slack.client.conversations_kick
    assert await error_of(kick(channel=room.id, user=ada.id)) == "not_in_channel"
    assert await error_of(kick(channel=room.id, user=slack.bot)) == "cant_kick_self"
    assert await error_of(kick(channel=room.id, user="U404")) == "user_not_found"
    room.members.append(ada.id)
    await kick(channel=room.id, user=ada.id)
    assert room.members == [slack.bot]
