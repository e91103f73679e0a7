"""The sandbox PagerDuty's REST v2 API: what it answers, changes and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.world import API_TOKEN
from tests.sandbox.world_rig import ANCHOR, AS_PROGRAM, AUTH, Rig, running

ROBIN = "Robin Sample"


async def test_a_page_becomes_an_incident_with_its_alert() -> None:
    """Number, status, assignees, and what the monitoring sent."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        _, one = await rig.get(url, AUTH)
        _, alerts = await rig.get(f"{url}/alerts", AUTH)
        _, listed = await rig.get(f"{rig.urls.pagerduty}/incidents", AUTH)
    body = one["incident"]
    assert body["title"] == "checkout-api: error share above 5 %"
    assert (body["status"], body["urgency"], body["priority"]["summary"]) == (
        "triggered",
        "high",
        "P2",
    )
    assert [a["assignee"]["summary"] for a in body["assignments"]] == [ROBIN, "Kim Example"]
    assert alerts["alerts"][0]["body"]["details"]["alertname"] == "ErrorShareHigh"
    assert alerts["alerts"][0]["body"]["contexts"][0]["type"] == "link"
    assert [one["id"] for one in listed["incidents"]] == [incident.id]


async def listed(rig: Rig, **params: Any) -> list[str]:
    """Titles of the incidents a list answers."""
    _, body = await rig.get(f"{rig.urls.pagerduty}/incidents", AUTH, **params)
    return [one["title"] for one in body["incidents"]]


async def test_incidents_can_be_narrowed_by_status_service_and_time() -> None:
    """since defaults to a month back; date_range=all ignores it."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        first, second = await pagerduty.synthetic_incidents(2, services=["cart-api", "tax-service"])
        await pagerduty.resolve(first)
        assert await listed(rig, **{"statuses[]": "triggered"}) == [second.title]
        assert await listed(rig, **{"service_ids[]": first.service.pagerduty_id}) == [first.title]
        assert await listed(rig, sort_by="created_at:desc") == [second.title, first.title]
        assert await listed(rig, incident_key=second.key) == [second.title]
        assert await listed(rig, until="2026-11-22T00:00:00Z") == []
        rig.clock.advance(40 * 86400)
        assert await listed(rig) == []
        assert len(await listed(rig, date_range="all")) == 2


async def change(rig: Rig, incident_id: str, **changes: Any) -> tuple[int, Any]:
    """PUT /incidents/{id} as the program user."""
    body = {"incident": {"type": "incident_reference", **changes}}
    return await rig.send("PUT", f"{rig.urls.pagerduty}/incidents/{incident_id}", body, AS_PROGRAM)


async def test_an_incident_can_be_acknowledged_escalated_and_resolved_over_rest() -> None:
    """Each change is on the incident's own timeline, newest first."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        status, body = await change(rig, incident.id, status="acknowledged")
        assert (status, body["incident"]["status"]) == (200, "acknowledged")
        _, body = await change(rig, incident.id, escalation_level=2, priority={"id": "PPRIO01"})
        assert body["incident"]["assignments"][0]["assignee"]["summary"] == "Noor Fixture"
        assert body["incident"]["priority"]["summary"] == "P1"
        await change(rig, incident.id, status="resolved", resolution="rolled back")
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        _, log = await rig.get(f"{url}/log_entries", AUTH)
        _, overview = await rig.get(f"{url}/log_entries", AUTH, is_overview="true")
        _, notes = await rig.get(f"{url}/notes", AUTH)
    kinds = [one["type"].removesuffix("_log_entry") for one in log["log_entries"]]
    assert kinds == [
        "annotate", "resolve", "escalate", "priority_change", "acknowledge",
        "notify", "notify", "assign", "trigger",
    ]  # fmt: skip
    assert len(overview["log_entries"]) == len(kinds) - 2
    assert notes["notes"][0]["content"] == "Resolution: rolled back"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"status": "sleeping"}, 2001, "status must be"),
        ({"type": "service"}, 2001, "type must be"),
        ({"escalation_level": 9}, 2001, "Escalation level"),
        ({"escalation_level": "two"}, 2001, "escalation_level must be a number"),
        ({"priority": {"id": "PXXXXXX"}}, 2001, "Priority not found"),
        ({"assignments": []}, 2001, "Assignees cannot be empty"),
        ({"assignments": [{"assignee": {"id": "PNOBODY"}}]}, 2001, "Assignee not found"),
    ],
)
async def test_a_change_that_makes_no_sense_is_a_400(
    changes: dict[str, Any], code: int, said: str
) -> None:
    """error: message, code, errors."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        status, body = await change(rig, incident.id, **changes)
    assert (status, body["error"]["code"]) == (400, code)
    assert said in body["error"]["errors"][0]


async def test_a_resolved_incident_cannot_be_acknowledged() -> None:
    """Code 1001; opsbot counts that as done."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.resolve(incident)
        status, body = await change(rig, incident.id, status="acknowledged")
        again, _ = await change(rig, incident.id, status="resolved")
    assert (status, again) == (400, 400)
    assert body["error"] == {"message": "Incident Already Resolved", "code": 1001}


async def test_many_incidents_are_changed_in_one_call() -> None:
    """At most 250."""
    async with running() as rig:
        found = await rig.world.pagerduty.synthetic_incidents(3)
        url = f"{rig.urls.pagerduty}/incidents"
        one = {"type": "incident_reference", "status": "acknowledged"}
        status, body = await rig.send(
            "PUT",
            url,
            {"incidents": [{**one, "id": incident.id} for incident in found]},
            AS_PROGRAM,
        )
        many, _ = await rig.send("PUT", url, {"incidents": [one] * 251}, AS_PROGRAM)
    assert (status, many) == (200, 400)
    assert {incident["status"] for incident in body["incidents"]} == {"acknowledged"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({**AUTH}, 400, 2016),  # account keys must say From
        ({**AUTH, "From": "nobody@example.com"}, 400, 1008),
        ({**AS_PROGRAM, "Accept": "text/html"}, 406, 2001),
        ({**AS_PROGRAM, "Content-Type": "text/plain"}, 400, 2001),
    ],
)
async def test_a_note_needs_the_right_headers(
    headers: dict[str, str], status: int, code: int
) -> None:
    """Refused with PagerDuty's own numbers."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}/notes"
        found, body = await rig.send("POST", url, {"note": {"content": "looking"}}, headers)
        _, notes = await rig.get(url, AUTH)
    assert (found, body["error"]["code"]) == (status, code)
    assert notes["notes"] == []


async def test_a_note_is_kept_with_its_author() -> None:
    """An empty one is refused."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}/notes"
        status, body = await rig.send(
            "POST", url, {"note": {"content": "room is open"}}, AS_PROGRAM
        )
        empty, _ = await rig.send("POST", url, {"note": {"content": " "}}, AS_PROGRAM)
    assert (status, empty) == (200, 400)
    assert body["note"]["user"]["summary"] == "opsbot"
    assert body["note"]["content"] == "room is open"


@pytest.mark.parametrize("header", ["", "Token token=wrong", API_TOKEN, f"Basic {API_TOKEN}"])
async def test_a_bad_key_is_a_401_that_is_no_json(header: str) -> None:
    """A client must not choke on it."""
    async with running() as rig:
        headers = {"Authorization": header} if header else {}
        status, body = await rig.get(f"{rig.urls.pagerduty}/incidents", headers)
        bearer, _ = await rig.get(
            f"{rig.urls.pagerduty}/incidents", {"Authorization": f"Bearer {API_TOKEN}"}
        )
    assert (status, body) == (401, "Unauthorized\n")
    assert bearer == 200


async def test_on_calls_name_everybody_of_a_policy_with_their_addresses() -> None:
    """include[]=users saves a look-up each."""
    async with running() as rig:
        policy = rig.world.scenario.team("checkout").policy_id
        _, body = await rig.get(
            f"{rig.urls.pagerduty}/oncalls",
            AUTH,
            **{"escalation_policy_ids[]": policy, "include[]": "users", "earliest": "true"},
        )
    found = [(one["escalation_level"], one["user"]["email"]) for one in body["oncalls"]]
    assert found == [
        (1, "robin.sample@example.com"),
        (1, "kim.example@example.com"),
        (2, "noor.fixture@example.com"),
        (3, "alex.placeholder@example.com"),
    ]
    assert body["oncalls"][0]["start"] <= ANCHOR.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_lists_come_in_pages() -> None:
    """25 by default, 100 at most, nothing beyond 10,000."""
    async with running() as rig:
        url = f"{rig.urls.pagerduty}/services"
        _, first = await rig.get(url, AUTH)
        _, rest = await rig.get(url, AUTH, offset=25, limit=500, total="true")
        status, body = await rig.get(url, AUTH, offset=9999, limit=100)
    assert (len(first["services"]), first["more"], first["total"]) == (25, True, None)
    assert (len(rest["services"]), rest["more"], rest["total"], rest["limit"]) == (
        15,
        False,
        40,
        100,
    )
    assert (status, body["error"]["code"]) == (400, 2001)


async def test_related_changes_say_why_they_are_related() -> None:
    """The culprit's deploy is two calls away; later deploys and far services are left out."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        _, body = await rig.get(f"{url}/related_change_events", AUTH)
        plan, _ = await rig.get(f"{url}/past_incidents", AUTH)
        _, changes = await rig.get(
            f"{rig.urls.pagerduty}/change_events", AUTH, since="2026-11-22T13:00:00Z"
        )
    reasons = {
        one["summary"].split()[1]: one["correlation_reason"]["reason"]
        for one in body["change_events"]
    }
    assert reasons == {"session-validation": "related_service", "checkout-api": "most_recent"}
    culprit = body["change_events"][0]["custom_details"]
    assert culprit["resources.limits.memory"] == "512Mi -> 256Mi"
    assert plan == 402
    assert len(changes["change_events"]) == 3


async def test_people_priorities_and_single_objects_can_be_read() -> None:
    """Unknown ids are a 404 with code 2100."""
    async with running() as rig:
        api = rig.urls.pagerduty
        _, users = await rig.get(f"{api}/users", AUTH, query="robin")
        _, user = await rig.get(f"{api}/users/{users['users'][0]['id']}", AUTH)
        _, priorities = await rig.get(f"{api}/priorities", AUTH)
        status, missing = await rig.get(f"{api}/users/PNOBODY", AUTH)
        unknown, _ = await rig.get(f"{api}/nowhere", AUTH)
    assert user["user"]["email"] == "robin.sample@example.com"
    assert [one["summary"] for one in priorities["priorities"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert (status, missing["error"]) == (404, {"message": "Not Found", "code": 2100})
    assert unknown == 404


async def test_requests_beyond_the_minutes_budget_are_a_429() -> None:
    """Headers count down; the next minute begins anew."""
    async with running() as rig:
        scarce = PagerDutyServer(
            rig.world.scenario, ANCHOR, rig.clock, keys={API_TOKEN: None}, requests_a_minute=2
        )
        url = await scarce.start()
        try:
            remaining: list[str] = []
            last, body = 0, None
            for _ in range(3):
                async with rig.http.get(f"{url}/priorities", headers=AUTH) as response:
                    remaining.append(response.headers["ratelimit-remaining"])
                    last, body = response.status, await response.json()
            rig.clock.advance(61)
            later, _ = await rig.get(f"{url}/priorities", AUTH)
        finally:
            await scarce.stop()
    assert remaining == ["1", "0", "0"]
    assert (last, body) == (429, {"error": {"message": "Rate Limit Exceeded", "code": 2020}})
    assert later == 200
