"""Whose an account is, by what Slack itself says of it: ours, a colleague's of the same
organisation, or another company's in a channel that both share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from opsbot.core.invocation import Caller, Invocation
from opsbot.core.standing import Standing
from opsbot.ports import Done, Outcome, Refused, Unsure
from opsbot.sandbox.slack import faults
from opsbot.slack.accounts import Accounts
from opsbot.slack.gateway import Gateway
from opsbot.slack.identity import OwnIdentity
from opsbot.slack.payloads import Kind, person_event
from opsbot.slack.payloads_claims import Ourselves
from tests.slack.clocks import HastyClock
from tests.slack.sandbox_world import SandboxWorld, sandbox_world

ALONE = {"team_id": "T1"}
GRID = {"team_id": "T1", "enterprise_id": "E1"}
ORG_WIDE = {"team_id": "E1", "is_enterprise_install": True}


@pytest.fixture
async def slack() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world(timeout=3) as slack:
        yield slack


def accounts_of(slack: SandboxWorld) -> Accounts:
    return Accounts(slack.gateway, OwnIdentity(slack.gateway), slack.clock)


def value(outcome: Outcome[Standing]) -> Standing:
    assert isinstance(outcome, Done), outcome
    return outcome.value


async def judged(ours: Mapping[str, Any], user: Mapping[str, Any], claimed: str = "") -> Standing:
    """The standing of a user object, for a token of which auth.test says `ours`."""
    told = {"auth.test": {"user_id": "UBOT", **ours}, "users.info": {"user": {"id": "U1", **user}}}

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, **told[request.match_info["method"]]})

    app, clock = web.Application(), HastyClock()
    app.router.add_route("*", "/api/{method}", answer)
    async with TestServer(app) as server:
        base = str(server.make_url("/api/"))
        gateway = Gateway(token=lambda: "xoxb-test", clock=clock, base_url=base, timeout=3)
        await gateway.start()
        try:
            accounts = Accounts(gateway, OwnIdentity(gateway), clock)
            return value(await accounts.standing(Caller(user_id="U1", team_id=claimed)))
        finally:
            await gateway.close()


def of(team: str, organisation: str = "", **more: Any) -> dict[str, Any]:
    """What users.info says of somebody's home."""
    held: dict[str, Any] = {"team_id": team, "is_stranger": False, **more}
    return held | ({"enterprise_user": {"enterprise_id": organisation}} if organisation else {})


@pytest.mark.parametrize(
    ("ours", "user", "claimed"),
    [
        (ALONE, of("T1"), "T1"),
        (ALONE, of("T1"), ""),
        (GRID, of("T1", "E1"), "T1"),
        (GRID, of("T2", "E1"), "T2"),
        (GRID, of("T2", "E1", is_stranger=True), "T2"),
        (GRID, of("E1"), "E1"),
        (ORG_WIDE, of("T1", "E1"), "T1"),
        (ORG_WIDE, of("T2", "E1"), ""),
    ],
)
async def test_members_and_colleagues_are_no_strangers(
    ours: dict[str, Any], user: dict[str, Any], claimed: str
) -> None:
    """In whichever workspace of the organisation, whichever the token is for."""
    assert (await judged(ours, user, claimed)).outsider == ""


@pytest.mark.parametrize(
    ("ours", "user", "claimed"),
    [
        (ALONE, of("T9"), "T1"),
        (ALONE, of("T9"), ""),
        (ALONE, of("T9", "E9"), "T1"),
        (ALONE, of("T1", is_stranger=True), "T1"),
        (ALONE, of("T1"), "T9"),
        (ALONE, of(""), "T1"),
        (ALONE, {}, ""),
        (GRID, of("T9"), "E1"),
        (GRID, of("T9", "E9"), "T1"),
        (GRID, of("E9", "E9"), ""),
        (ORG_WIDE, of("T9"), "E1"),
        (ORG_WIDE, of("T9", "E9"), "T9"),
    ],
)
async def test_people_of_another_company_are_strangers(
    ours: dict[str, Any], user: dict[str, Any], claimed: str
) -> None:
    """Whatever the payload claims, and though Slack calls nobody so who shares a channel."""
    assert (await judged(ours, user, claimed)).stranger


async def test_a_pin_by_somebody_of_another_company_is_a_strangers(slack: SandboxWorld) -> None:
    """The event is told in our workspace's name and does not say whose its user is."""
    home = slack.workspace.team_id
    eve = slack.workspace.add_user("eve", team_id="T0OTHER")
    payload = {
        "type": "event_callback", "team_id": home, "event_id": "Ev1", "context_team_id": home,
        "event": {"type": "reaction_added", "user": eve.id, "reaction": "pushpin",
                  "item": {"type": "message", "channel": "C1", "ts": "1.000100"}},
    }  # fmt: skip
    ourselves = Ourselves(bot_user_id=slack.workspace.bot_user_id, team_id=home)
    pin = person_event(Kind.EVENTS, payload, datetime(2026, 11, 22, tzinfo=UTC), ourselves)
    assert isinstance(pin, Invocation)
    assert pin.caller.team_id == home
    assert value(await accounts_of(slack).standing(pin.caller)).stranger


async def test_a_fresh_look_up_counts_for_account_and_groups_at_once(
    slack: SandboxWorld,
) -> None:
    """Who left the group a second ago is not in it any more; nor is who was deactivated."""
    ada = slack.workspace.add_user("ada")
    oncall = slack.workspace.add_usergroup("oncall", [ada.id])
    accounts = Accounts(slack.gateway, OwnIdentity(slack.gateway), slack.clock, [oncall.id])
    caller = Caller(user_id=ada.id)
    assert value(await accounts.standing(caller)).groups == frozenset({oncall.id})
    oncall.users.clear()
    assert value(await accounts.standing(caller)).groups == frozenset({oncall.id})
    assert value(await accounts.standing(caller, fresh=True)).groups == frozenset()
    assert value(await accounts.standing(caller)).groups == frozenset()
    slack.workspace.users[ada.id].deleted = True
    assert value(await accounts.standing(caller, fresh=True)).deactivated


async def test_while_groups_cannot_be_asked_a_fresh_look_up_is_refused(
    slack: SandboxWorld,
) -> None:
    """For now; a group that Slack will never tell of lets nobody in, and keeps nobody out."""
    ada = slack.workspace.add_user("ada")
    oncall = slack.workspace.add_usergroup("oncall", [ada.id])
    accounts = Accounts(slack.gateway, OwnIdentity(slack.gateway), slack.clock, [oncall.id])
    caller = Caller(user_id=ada.id)
    assert value(await accounts.standing(caller)).groups == frozenset({oncall.id})
    slack.sandbox.faults.add("usergroups.users.list", faults.ratelimited(60), times=1)
    outcome = await accounts.standing(caller, fresh=True)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None
    slack.wait(61)
    slack.sandbox.faults.add("usergroups.users.list", faults.error("no_such_subteam"), times=1)
    assert value(await accounts.standing(caller, fresh=True)).groups == frozenset()


async def test_until_we_know_our_own_workspace_nobody_is_let_in(slack: SandboxWorld) -> None:
    """auth.test is not answered: they wait, and are known as soon as it is."""
    ada = slack.workspace.add_user("ada")
    accounts = accounts_of(slack)
    slack.sandbox.faults.add("auth.test", faults.error("internal_error"))
    caller = Caller(user_id=ada.id, team_id=slack.workspace.team_id)
    assert isinstance(await accounts.standing(caller), Refused | Unsure)
    assert accounts.remembered(ada.id) is None
    slack.sandbox.faults.clear()
    assert value(await accounts.standing(caller)).outsider == ""


async def test_who_was_found_a_stranger_stays_one_while_slack_is_silent(
    slack: SandboxWorld,
) -> None:
    """The last word holds for a day, then nothing is known."""
    eve = slack.workspace.add_user("eve", team_id="T0OTHER")
    accounts = accounts_of(slack)
    assert value(await accounts.standing(Caller(user_id=eve.id))).stranger
    slack.sandbox.faults.add("users.info", faults.error("internal_error"))
    slack.wait(301)
    assert value(await accounts.standing(Caller(user_id=eve.id))).stranger
    slack.wait(86_400)
    assert not isinstance(await accounts.standing(Caller(user_id=eve.id)), Done)
