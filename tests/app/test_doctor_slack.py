"""The doctor at Slack: tokens, scopes, rooms and the fixed channels, on the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsbot.app.doctor import Verdict
from opsbot.sandbox.slack import faults
from opsbot.slack.scopes import SCOPES
from tests.app.clinic import Clinic, clinic


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


async def test_a_good_token_says_who_we_are_and_where(at: Clinic) -> None:
    found = await at.find("slack.token")
    assert found.verdict is Verdict.OK
    assert at.workspace.bot_user_id in found.said
    assert at.workspace.name in found.said


async def test_a_token_that_slack_refuses_is_bad_and_the_rest_is_not_looked_at(at: Clinic) -> None:
    """One cause is one finding: what depends on the token only points at it."""
    wrong = {"SLACK_BOT_TOKEN": "xoxb-of-another-app"}
    found = await at.find("slack.token", environ=wrong)
    assert found.verdict is Verdict.BAD
    assert "invalid_auth" in found.said
    assert "OAuth & Permissions" in found.fix
    for name in ("slack.scopes", "slack.rooms", "slack.digest", "people.on_call"):
        after = await at.find(name, environ=wrong, write=True)
        assert (after.verdict, "slack.token" in after.said) == (Verdict.SKIPPED, True), name


async def test_no_token_at_all_says_which_variable_to_set(at: Clinic) -> None:
    found = await at.find("slack.token", environ={"SLACK_BOT_TOKEN": ""})
    assert found.verdict is Verdict.BAD
    assert "SLACK_BOT_TOKEN" in found.said + found.fix


async def test_a_slack_that_is_away_is_told_from_one_that_refuses(at: Clinic) -> None:
    at.slack.faults.down = "closed"
    found = await at.find("slack.token")
    assert found.verdict is Verdict.BAD
    assert "invalid_auth" not in found.said


@pytest.mark.parametrize(
    ("lacking", "verdict"),
    [
        ((), Verdict.OK),
        (("usergroups:read",), Verdict.OK),  # optional
        (("pins:write",), Verdict.WARN),  # one thing less
        (("pins:write", "channels:manage"), Verdict.BAD),  # its work
    ],
)
async def test_each_missing_scope_is_named_with_what_it_costs(
    at: Clinic, lacking: tuple[str, ...], verdict: Verdict
) -> None:
    at.slack.scopes = SCOPES.keys() - set(lacking)
    found = await at.find("slack.scopes")
    assert found.verdict is verdict
    assert f"{len(SCOPES) - len(lacking)} of {len(SCOPES)} scopes" in found.said
    for scope in lacking:
        assert f"{scope} ({SCOPES[scope].without})" in found.said
    assert ("install the app again" in found.fix) is (verdict is not Verdict.OK)


async def test_without_write_no_channel_is_made(at: Clinic) -> None:
    found = await at.find("slack.rooms")
    assert found.verdict is Verdict.SKIPPED
    assert "--write" in found.fix
    assert at.calls("conversations.create") == 0


async def test_with_write_a_channel_is_made_and_archived_again(at: Clinic) -> None:
    found = await at.find("slack.rooms", write=True)
    assert found.verdict is Verdict.OK, found
    (made,) = [c for c in at.workspace.channels.values() if c.name.startswith("opsbot-doctor-")]
    assert (made.archived, made.is_private) == (True, False)
    assert made.name in found.said


async def test_private_rooms_are_tried_as_private_ones(tmp_path: Path) -> None:
    async with clinic(tmp_path, slack={"visibility": "private"}) as at:
        assert (await at.find("slack.rooms", write=True)).verdict is Verdict.OK
        (made,) = [c for c in at.workspace.channels.values() if c.name.startswith("opsbot-doctor")]
        assert made.is_private


async def test_a_workspace_that_lets_no_app_make_channels_is_bad(at: Clinic) -> None:
    at.workspace.preferences.who_may_create_channels = "admins"
    found = await at.find("slack.rooms", write=True)
    assert found.verdict is Verdict.BAD
    assert "Channel management" in found.fix


async def test_a_channel_that_could_not_be_archived_again_is_named(at: Clinic) -> None:
    at.slack.faults.add("conversations.archive", faults.error("restricted_action"))
    found = await at.find("slack.rooms", write=True)
    assert found.verdict is Verdict.WARN
    assert "could not archive" in found.said


async def test_a_digest_that_is_there_and_has_us_is_well(at: Clinic) -> None:
    found = await at.find("slack.digest")
    assert (found.verdict, "#incidents" in found.said) == (Verdict.OK, True)


async def test_an_archived_digest_is_bad(at: Clinic) -> None:
    at.channel("incidents").archived = True
    found = await at.find("slack.digest")
    assert found.verdict is Verdict.BAD
    assert "archived" in found.said
    assert "Unarchive" in found.fix


async def test_a_digest_nobody_invited_us_to_is_entered_if_we_may(at: Clinic) -> None:
    at.channel("incidents").members.remove(at.workspace.bot_user_id)
    assert (await at.find("slack.digest")).verdict is Verdict.OK
    at.slack.scopes = SCOPES.keys() - {"channels:join"}
    found = await at.find("slack.digest")
    assert (found.verdict, "/invite @opsbot" in found.fix) == (Verdict.BAD, True)


async def test_a_private_channel_without_us_looks_as_if_it_were_gone(at: Clinic) -> None:
    """Slack answers alike, so both cures are given."""
    at.channel("opsbot-shadow").members.remove(at.workspace.bot_user_id)
    found = await at.find("slack.shadow")
    assert found.verdict is Verdict.BAD
    assert "/invite @opsbot" in found.fix
    assert "copy the id" in found.fix


async def test_no_ops_channel_is_worth_a_look_and_no_digest_needs_somebody(tmp_path: Path) -> None:
    async with clinic(tmp_path, slack={"ops_channel": None, "digest_channel": None}) as at:
        assert (await at.find("slack.ops")).verdict is Verdict.WARN
        assert (await at.find("slack.digest")).verdict is Verdict.BAD


async def test_a_shadow_channel_that_everybody_reads_keeps_no_promise(tmp_path: Path) -> None:
    async with clinic(tmp_path, mode="shadow") as at:
        at.channel("opsbot-shadow").kind = "public"
        found = await at.find("slack.shadow")
        assert (found.verdict, "public" in found.said) == (Verdict.WARN, True)


@pytest.mark.parametrize(
    ("token", "receive", "verdict"),
    [
        ("xapp-sandbox", "auto", Verdict.OK),
        ("xapp-sandbox", "http", Verdict.OK),  # good, and not needed
        ("xapp-of-another-app", "auto", Verdict.BAD),
        ("xoxb-sandbox", "auto", Verdict.BAD),  # the bot token in its place
        ("", "socket", Verdict.BAD),
        ("", "auto", Verdict.SKIPPED),  # then it is HTTP
    ],
)
async def test_the_app_level_token_opens_socket_mode_or_says_why_not(
    tmp_path: Path, token: str, receive: str, verdict: Verdict
) -> None:
    async with clinic(tmp_path, slack={"receive": receive}) as at:
        found = await at.find("slack.socket", environ={"SLACK_APP_TOKEN": token})
        assert found.verdict is verdict, found
        assert ("connections:write" in found.fix) is (verdict is Verdict.BAD)


async def test_an_app_level_token_without_its_scope_says_which(at: Clinic) -> None:
    at.slack.tokens.app_scopes = frozenset()
    found = await at.find("slack.socket", environ={"SLACK_APP_TOKEN": "xapp-sandbox"})
    assert (found.verdict, "connections:write" in found.fix) == (Verdict.BAD, True)
