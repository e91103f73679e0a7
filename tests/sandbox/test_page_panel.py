"""The sandbox panel: pages, acts at PagerDuty, faults, and the journal of the wire."""

from __future__ import annotations

import pytest

from opsbot.sandbox.page.switches import SOURCE_FAULTS
from tests.sandbox.page_rig import PageRig, serving
from tests.sandbox.slack_world import SlackWorld, failure
from tests.sandbox.world_rig import receiver, running


async def panel(page: PageRig, slack: SlackWorld) -> str:
    """The words of the open panel, as the first person reads them."""
    ada = next(user for user in slack.workspace.users.values() if not user.is_bot)
    found = await page.look(ada, f"archives/{slack.workspace.general.id}", panel="open")
    return found.one("aside", id="panel").text


async def test_a_page_is_sent_and_acted_on_in_ones_own_name(slack: SlackWorld) -> None:
    async with running() as rig, receiver() as door:
        pagerduty, scenario = rig.world.pagerduty, rig.world.scenario
        pagerduty.subscribe(door.url, "secret")
        person = scenario.people[0]
        me = slack.workspace.add_user("me", real_name=person.name, email=person.email)
        async with serving(slack, rig.world) as page:
            await page.act(me, "page")
            (incident,) = pagerduty.account.incidents.values()
            for name in ("acknowledge", "unacknowledge", "acknowledge", "resolve", "reopen"):
                await page.act(me, "pagerduty", incident=incident.id, name=name)
            await pagerduty.settled()
            assert f"#{incident.number} {scenario.page.title}" in await panel(page, slack)
            assert f"In PagerDuty you act as {person.name}." in await panel(page, slack)
    assert incident.status == "triggered"
    assert "Acknowledged by " + person.name in [entry.summary for entry in incident.log]
    assert door.types == [
        "incident.triggered", "incident.acknowledged", "incident.unacknowledged",
        "incident.acknowledged", "incident.resolved", "incident.reopened",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "state"), [("accept", "joined"), ("decline", "declined")])
async def test_who_is_asked_to_join_answers_there(slack: SlackWorld, name: str, state: str) -> None:
    """Somebody whom PagerDuty does not know answers for the first who still waits."""
    ada = slack.workspace.add_user("ada")
    async with running() as rig, serving(slack, rig.world) as page:
        pagerduty, scenario = rig.world.pagerduty, rig.world.scenario
        incident = await pagerduty.trigger()
        assert "Accept the request to join" not in await panel(page, slack)
        asked = [person.name for person in scenario.people[1:3]]
        await pagerduty.ask_to_respond(incident, asked, scenario.people[0].name)
        assert "Accept the request to join" in await panel(page, slack)
        await page.act(ada, "pagerduty", incident=incident.id, name=name)
    states = {one.person.name: one.state for one in incident.responders}
    assert states == {asked[0]: state, asked[1]: "pending"}


async def test_another_service_is_paged_with_any_title(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with running() as rig:
        other = rig.world.scenario.services[-1].name
        async with serving(slack, rig.world) as page:
            await page.act(ada, "page", service=other, title="<b>Slow</b>", low="yes")
            said = await panel(page, slack)
        (incident,) = rig.world.pagerduty.account.incidents.values()
    assert (incident.service.name, incident.urgency) == (other, "low")
    assert "<b>Slow</b>" in said
    assert "ada is not in PagerDuty" in said


async def test_a_flood_of_pages_does_not_bury_the_switches(slack: SlackWorld) -> None:
    slack.workspace.add_user("ada")
    async with running() as rig, serving(slack, rig.world) as page:
        await rig.world.pagerduty.synthetic_incidents(9)
        said = await panel(page, slack)
    assert "and 5 earlier" in said


async def test_what_pagerduty_refuses_is_said(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with running() as rig, serving(slack, rig.world) as page:
        await page.act(ada, "page")
        (incident,) = rig.world.pagerduty.account.incidents.values()
        await page.act(ada, "pagerduty", incident=incident.id, name="resolve")
        answer = await page.act(ada, "pagerduty", incident=incident.id, name="resolve")
    assert answer == {"told": "PagerDuty refuses: Incident Already Resolved", "refused": True}


async def test_slack_is_limited_slow_and_down_by_a_switch(slack: SlackWorld) -> None:
    ada, room = slack.workspace.add_user("ada"), slack.room()
    faults = slack.sandbox.faults
    async with serving(slack) as page:
        await page.act(ada, "fault", name="slack-limited", on="yes")
        limited = await failure(slack.client.conversations_info(channel=room.id))
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "10")
        await page.act(ada, "fault", name="slack-limited", on="no")
        assert (await slack.client.conversations_info(channel=room.id))["ok"]
        await page.act(ada, "fault", name="slack-slow", on="yes")
        await page.act(ada, "fault", name="slack-down", on="yes")
        assert (faults.latency, faults.down) == (4.0, "503")
        await page.act(ada, "fault", name="slack-slow", on="no")
        await page.act(ada, "fault", name="slack-down", on="no")
    assert (faults.latency, faults.down) == (0.0, None)


async def test_everything_is_delivered_twice_by_a_switch(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with serving(slack) as page:
        await page.act(ada, "fault", name="slack-twice", on="yes")
        assert slack.sandbox.courier.duplicates.extra == 1
        await page.act(ada, "fault", name="slack-twice", on="no")
    assert slack.sandbox.courier.duplicates.extra == 0


async def test_webhooks_are_lost_by_a_switch(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with running() as rig, receiver() as door, serving(slack, rig.world) as page:
        rig.world.pagerduty.subscribe(door.url, "secret")
        await page.act(ada, "fault", name="pagerduty-drops", on="yes")
        await page.act(ada, "page")
        await page.act(ada, "fault", name="pagerduty-drops", on="no")
        (incident,) = rig.world.pagerduty.account.incidents.values()
        await page.act(ada, "pagerduty", incident=incident.id, name="acknowledge")
        await rig.world.pagerduty.settled()
    assert door.types == ["incident.acknowledged"]


@pytest.mark.parametrize("value", SOURCE_FAULTS)
async def test_a_backend_misbehaves_as_chosen_and_the_panel_says_so(
    slack: SlackWorld, value: str
) -> None:
    ada = slack.workspace.add_user("ada")
    general = slack.workspace.general.id
    async with running() as rig, serving(slack, rig.world) as page:
        await page.act(ada, "source", name="loki", chosen=value)
        found = await page.look(ada, f"archives/{general}", panel="open")
        assert rig.world.loki.fault == SOURCE_FAULTS[value][1]
    menu = found.found[found.found.index(found.one(id="source-loki")) + 1 :][: len(SOURCE_FAULTS)]
    assert [o.attributes["value"] for o in menu if "selected" in o.attributes] == [value]


async def test_logs_fall_silent_and_come_back(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with running("connection-pool") as rig, serving(slack, rig.world) as page:
        line_filter = '{service=~".+"}'
        address = f"{rig.urls.loki}/loki/api/v1/query_range"

        async def lines() -> int:
            span = {"start": int(rig.at(1) * 1e9), "end": int(rig.at(15) * 1e9)}
            _, body = await rig.get(address, query=line_filter, **span)
            return len(body["data"]["result"])

        assert await lines() > 0
        await page.act(ada, "fault", name="logs-silent", on="yes")
        assert await lines() == 0
        await page.act(ada, "fault", name="logs-silent", on="no")
        assert await lines() > 0


async def test_the_journal_tells_calls_deliveries_and_webhooks_newest_first(
    slack: SlackWorld,
) -> None:
    slack.workspace.add_user("ada")
    room = slack.room()
    async with running() as rig, receiver() as door, serving(slack, rig.world) as page:
        rig.world.pagerduty.subscribe(door.url, "secret")
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
        await slack.client.conversations_info(channel=room.id)
        await failure(slack.client.conversations_info(channel="C404"))
        said = await panel(page, slack)
    assert "PagerDuty tells opsbot: incident.triggered" in said
    newest = said.index("opsbot calls Slack: conversations.infochannel_not_found")
    assert newest < said.rindex("opsbot calls Slack: conversations.infook")


async def test_without_a_world_there_are_slacks_faults_only(slack: SlackWorld) -> None:
    slack.workspace.add_user("ada")
    async with serving(slack) as page:
        said = await panel(page, slack)
    assert "Rate limited" in said
    assert "PagerDuty" not in said


@pytest.mark.parametrize(("act", "body"), [
    ("fault", {"name": "slack-off", "on": "yes"}),
    ("source", {"name": "loki", "chosen": "sleepy"}),
    ("source", {"name": "settings", "chosen": "down"}),
    ("page", {"service": "no-such-service"}),
    ("pagerduty", {"incident": "Q404", "name": "resolve"}),
])  # fmt: skip
async def test_a_switch_that_is_not_there_is_a_bad_request(
    slack: SlackWorld, act: str, body: dict[str, str]
) -> None:
    ada = slack.workspace.add_user("ada")
    async with running() as rig, serving(slack, rig.world) as page:
        headers = {"Origin": page.url.rstrip("/")}
        address = f"{page.url}act/{act}?as={ada.id}"
        async with page.http.post(address, json=body, headers=headers) as response:
            assert response.status == 400
