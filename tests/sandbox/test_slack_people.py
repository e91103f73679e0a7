"""Who the sandbox Slack says is there: users, addresses, user groups and the team."""

from __future__ import annotations

import pytest

from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack_world import SlackWorld, error_of


async def test_people_are_found_by_address_whatever_its_case(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada", email="Ada@example.com", tz="Europe/Zurich")
    answer = await slack.client.users_lookupByEmail(email="ada@EXAMPLE.com")
    assert (answer["user"]["id"], answer["user"]["tz"]) == (ada.id, "Europe/Zurich")


async def test_deactivated_and_unknown_people_are_not_found_by_address(slack: SlackWorld) -> None:
    """users.info still shows a deactivated person, with deleted set."""
    gone = slack.workspace.add_user("gone", email="gone@example.com", deleted=True)
    for address in ("gone@example.com", "nobody@example.com", ""):
        lookup = slack.client.users_lookupByEmail(email=address)
        assert await error_of(lookup) == "users_not_found"
    info = await slack.client.users_info(user=gone.id)
    assert info["user"]["deleted"] is True


async def test_addresses_are_shown_only_with_their_scope(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada", email="ada@example.com")
    with_scope = await slack.client.users_info(user=ada.id)
    slack.sandbox.scopes = slack.sandbox.scopes - {"users:read.email"}
    without = await slack.client.users_info(user=ada.id)
    assert with_scope["user"]["profile"]["email"] == "ada@example.com"
    assert "email" not in without["user"]["profile"]


async def test_guests_and_strangers_are_marked(slack: SlackWorld) -> None:
    add = slack.workspace.add_user
    guest = add("guest", is_restricted=True)
    stranger = add("stranger", is_stranger=True)
    shown_guest = await slack.client.users_info(user=guest.id)
    shown_stranger = await slack.client.users_info(user=stranger.id)
    assert shown_guest["user"]["is_restricted"] is True
    assert shown_stranger["user"]["is_stranger"] is True
    assert await error_of(slack.client.users_info(user="U404")) == "user_not_found"


async def test_a_big_workspace_lists_people_only_in_pages(slack: SlackWorld) -> None:
    for number in range(1000):
        slack.workspace.add_user(f"person-{number}")
    assert await error_of(slack.client.users_list()) == "limit_required"
    found: list[str] = []
    cursor = ""
    for _ in range(6):
        answer = await slack.client.users_list(limit=200, cursor=cursor)
        found += [user["id"] for user in answer["members"]]
        cursor = answer["response_metadata"]["next_cursor"]
    assert (len(found), len(set(found)), cursor) == (1001, 1001, "")


async def test_user_groups_need_the_paid_plan(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    group = slack.workspace.add_usergroup("oncall", [ada.id])
    listed = await slack.client.usergroups_list(include_users=True, include_count=True)
    assert listed["usergroups"][0]["users"] == [ada.id]
    users = await slack.client.usergroups_users_list(usergroup=group.id)
    assert users["users"] == [ada.id]
    missing = slack.client.usergroups_users_list(usergroup="S404")
    assert await error_of(missing) == "no_such_subteam"
    slack.workspace.preferences.paid_plan = False
    assert await error_of(slack.client.usergroups_list()) == "plan_upgrade_required"


async def test_the_team_has_a_name(slack: SlackWorld) -> None:
    answer = await slack.client.team_info()
    assert answer["team"]["id"] == slack.workspace.team_id
    assert await error_of(slack.client.team_info(team="T404")) == "team_not_found"


@pytest.mark.parametrize(("name", "email"), [("ada", ""), ("other", "ADA@example.com")])
def test_two_people_cannot_share_a_name_or_an_address(name: str, email: str) -> None:
    """Seeding mistakes fail loudly."""
    workspace = Workspace()
    workspace.add_user("ada", email="ada@example.com")
    with pytest.raises(ValueError, match="already has"):
        workspace.add_user(name, email=email)
