"""How programs page over the sandbox PagerDuty: incidents they create, people they ask to join."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.world_rig import AS_PROGRAM, AUTH, QUICK, Rig, receiver, running

ROBIN, KIM, NOOR = "Robin Sample", "Kim Example", "Noor Fixture"


async def create(rig: Rig, **changes: Any) -> tuple[int, Any]:
    """POST /incidents as the program user."""
    service = rig.world.scenario.service("checkout-api").pagerduty_id
    incident = {
        "type": "incident", "title": "Help", "incident_key": "k-1",
        "service": {"id": service, "type": "service_reference"}, **changes,
    }  # fmt: skip
    url = f"{rig.urls.pagerduty}/incidents"
    return await rig.send("POST", url, {"incident": incident}, AS_PROGRAM)


async def ask(rig: Rig, incident_id: str, *targets: dict[str, Any], **changes: Any) -> Any:
    """POST responder_requests as the program user."""
    body = {
        "requester_id": "POPSBOT", "message": "Please help",
        "responder_request_targets": [{"responder_request_target": one} for one in targets],
        **changes,
    }  # fmt: skip
    url = f"{rig.urls.pagerduty}/incidents/{incident_id}/responder_requests"
    return await rig.send("POST", url, body, AS_PROGRAM)


def person(rig: Rig, name: str) -> dict[str, Any]:
    return {"id": rig.world.scenario.person(name).pagerduty_id, "type": "user_reference"}


def policy(rig: Rig, team: str) -> dict[str, Any]:
    ident = rig.world.scenario.team(team).policy_id
    return {"id": ident, "type": "escalation_policy_reference"}


async def test_an_incident_that_is_created_pages_the_services_first_level() -> None:
    async with running() as rig:
        status, body = await create(rig, urgency="low", body={"details": "why"})
    incident = body["incident"]
    assert (status, incident["incident_key"], incident["urgency"]) == (201, "k-1", "low")
    assert [one["assignee"]["summary"] for one in incident["assignments"]] == [ROBIN, KIM]


async def test_another_policy_or_people_may_be_named_but_not_both() -> None:
    async with running() as rig:
        to = [{"assignee": person(rig, NOOR)}]
        _, by_policy = await create(rig, escalation_policy=policy(rig, "payments"))
        _, to_people = await create(rig, incident_key="k-2", assignments=to)
        status, both = await create(
            rig, incident_key="k-3", assignments=to, escalation_policy=policy(rig, "payments")
        )
    named = by_policy["incident"]["escalation_policy"]["summary"]
    assert named == "payments on call"
    assert [o["assignee"]["summary"] for o in to_people["incident"]["assignments"]] == [NOOR]
    assert to_people["incident"]["assigned_via"] == "direct_assignment"
    assert (status, both["error"]["code"]) == (400, 2001)


async def test_a_key_that_an_open_incident_has_is_refused() -> None:
    """In PagerDuty's words; once that is resolved, the key is free."""
    async with running() as rig:
        _, first = await create(rig)
        status, refused = await create(rig)
        incident = rig.world.pagerduty.account.incident(first["incident"]["id"])
        await rig.world.pagerduty.resolve(incident)
        again, _ = await create(rig)
    assert (status, refused["error"]["code"]) == (400, 2002)
    assert "matching dedup key already exists" in refused["error"]["errors"][0]
    assert again == 201


@pytest.mark.parametrize(
    "wrong",
    [{"title": " "}, {"service": {"id": "PNONE"}}, {"urgency": "loud"}, {"type": "page"},
     {"incident_key": "x" * 256}, {"escalation_policy": {"id": "PNONE"}}],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    async with running() as rig:
        status, _ = await create(rig, **wrong)
        assert (status, rig.world.pagerduty.account.incidents) == (400, {})


async def test_people_and_policies_are_asked_to_join_and_answer() -> None:
    """The incident says who was asked and who joined, and webhooks tell of each."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        incident = await pagerduty.trigger()
        pagerduty.subscribe(door.url, "s")
        status, body = await ask(rig, incident.id, person(rig, NOOR), policy(rig, "checkout"))
        await pagerduty.reply(incident, NOOR, message="On my way")
        await pagerduty.reply(incident, KIM, accepted=False)
        await pagerduty.settled()
        _, one = await rig.get(f"{rig.urls.pagerduty}/incidents/{incident.id}", AUTH)
    targets = [
        entry["responder_request_target"]
        for entry in body["responder_request"]["responder_request_targets"]
    ]
    reached = [[r["user"]["summary"] for r in t["incidents_responders"]] for t in targets]
    assert (status, reached) == (200, [[NOOR], [ROBIN, KIM]])
    states = {r["user"]["summary"]: r["state"] for r in one["incident"]["incidents_responders"]}
    assert states == {NOOR: "joined", ROBIN: "pending", KIM: "declined"}
    assert door.types == ["incident.responder.added"] * 3 + ["incident.responder.replied"] * 2
    told = [got.event["data"] for got in door.got]
    assert [(one["state"], one["message"]) for one in told] == [
        *[("pending", "Please help")] * 3, ("accepted", "On my way"), ("declined", ""),
    ]  # fmt: skip
    assert [bool(one["escalation_policy"]) for one in told] == [False, True, True, False, True]


async def test_the_log_tells_of_the_requests() -> None:
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        await ask(rig, incident.id, person(rig, NOOR))
    (entry,) = [one for one in incident.log if one.kind == "responder_request_log_entry"]
    assert entry.summary == f"opsbot requested {NOOR} to respond"


async def test_requests_are_refused_of_what_is_over_and_in_smaller_plans() -> None:
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        rig.world.pagerduty.set_plan(responders=False)
        smaller, _ = await ask(rig, incident.id, person(rig, NOOR))
        rig.world.pagerduty.set_plan(responders=True)
        nobody, _ = await ask(rig, incident.id)
        unknown, _ = await ask(rig, incident.id, {"id": "PNONE", "type": "user_reference"})
        await rig.world.pagerduty.resolve(incident)
        over, body = await ask(rig, incident.id, person(rig, NOOR))
    assert (smaller, nobody, unknown, over) == (402, 400, 400, 400)
    assert body["error"]["code"] == 1001


async def test_policies_are_found_by_part_of_their_name() -> None:
    async with running() as rig:
        url = f"{rig.urls.pagerduty}/escalation_policies"
        _, body = await rig.get(url, AUTH, query="PAYM")
    assert [one["name"] for one in body["escalation_policies"]] == ["payments on call"]


async def test_the_last_level_is_on_call_always() -> None:
    """People who stand in a policy by name have neither schedule nor end."""
    async with running() as rig:
        ident = rig.world.scenario.team("checkout").policy_id
        params = {"escalation_policy_ids[]": ident}
        _, body = await rig.get(f"{rig.urls.pagerduty}/oncalls", AUTH, **params)
    first, *_, last = body["oncalls"]
    assert (last["schedule"], last["start"], last["end"]) == (None, None, None)
    assert first["schedule"]["summary"] == "checkout weekly rotation"
    assert first["end"] > first["start"]
