"""What happens by itself and by people in the sandbox PagerDuty, and what its REST API tells."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from opsbot.sandbox.pagerduty_incident import Incident
from tests.sandbox.world_rig import AS_PROGRAM, AUTH, QUICK, Rig, receiver, running

ROBIN, KIM = "Robin Sample", "Kim Example"


async def shown(rig: Rig, incident: Incident) -> dict[str, Any]:
    """An incident as REST answers it."""
    _, body = await rig.get(f"{rig.urls.pagerduty}/incidents/{incident.id}", AUTH)
    return body["incident"]


async def log(rig: Rig, incident: Incident) -> list[dict[str, Any]]:
    """An incident's log as REST answers it, but for notifications, the oldest first."""
    url = f"{rig.urls.pagerduty}/incidents/{incident.id}/log_entries"
    _, body = await rig.get(url, AUTH)
    return [one for one in body["log_entries"][::-1] if one["type"] != "notify_log_entry"]


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    """Their types, short."""
    return [one["type"].removesuffix("_log_entry") for one in entries]


async def test_an_incident_nobody_acknowledges_goes_to_the_next_level() -> None:
    """After the policy's half hour, at that very time, and no further than the last level."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        pending = [(await shown(rig, incident))["pending_actions"]]
        rig.clock.advance(90 * 60)
        body = await shown(rig, incident)
        entries = await log(rig, incident)
    assert pending == [[{"type": "escalate", "at": "2026-11-22T14:34:23Z"}]]
    assert kinds(entries) == ["trigger", "assign", "escalate", "escalate"]
    assert [one["created_at"] for one in entries[2:]] == [
        "2026-11-22T14:34:23Z",
        "2026-11-22T15:04:23Z",
    ]
    assert (body["status"], body["pending_actions"]) == ("triggered", [])
    assert [one["assignee"]["summary"] for one in body["assignments"]] == ["Alex Placeholder"]


async def test_an_escalation_is_told_by_webhook_without_anybody_asking() -> None:
    """The server looks at its clock; automation has no agent there."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "s")
        await rig.world.pagerduty.trigger()
        rig.clock.advance(31 * 60)
        for _ in range(100):
            await asyncio.sleep(0.01)
            if len(door.got) == 2:
                break
    assert door.types == ["incident.triggered", "incident.escalated"]
    assert door.got[1].event["agent"] is None
    assert door.got[1].event["occurred_at"] == "2026-11-22T14:34:23.000Z"


@pytest.mark.parametrize("why", ["acknowledged", "reassigned", "low", "resolved", "off"])
async def test_what_somebody_has_or_nobody_hurries_with_does_not_escalate(why: str) -> None:
    """Acknowledged, given to somebody directly, of low urgency, over, or switched off."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        incident = await pagerduty.trigger(urgency="low" if why == "low" else None)
        if why == "acknowledged":
            await pagerduty.acknowledge(incident, ROBIN)
        elif why == "reassigned":
            await pagerduty.reassign(incident, [KIM], ROBIN)
        elif why == "resolved":
            await pagerduty.resolve(incident)
        elif why == "off":
            pagerduty.set_escalation_delay(None)
        body = await shown(rig, incident)
        rig.clock.advance(3600)
        entries = await log(rig, incident)
    assert body["pending_actions"] == []
    assert body["assigned_via"] == (
        "direct_assignment" if why == "reassigned" else "escalation_policy"
    )
    assert "escalate" not in kinds(entries)


async def test_the_delay_of_a_policy_can_be_set_and_is_shown() -> None:
    """For one team or for all, while it runs."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        team = rig.world.scenario.team("checkout")
        pagerduty.set_escalation_delay(timedelta(minutes=5), team="checkout")
        incident = await pagerduty.trigger()
        other = await pagerduty.trigger(service="auth-api")
        url = f"{rig.urls.pagerduty}/escalation_policies/{team.policy_id}"
        _, policy = await rig.get(url, AUTH)
        rig.clock.advance(6 * 60)
        pagerduty.tick()
    rules = policy["escalation_policy"]["escalation_rules"]
    assert {rule["escalation_delay_in_minutes"] for rule in rules} == {5}
    assert (incident.level, other.level) == (2, 1)


async def test_a_snooze_ends_by_itself() -> None:
    """It pages again then, and from there on escalates as any other; there is no webhook."""
    async with running() as rig:
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}/snooze"
        status, body = await rig.send("POST", url, {"duration": 600}, AS_PROGRAM)
        bad, _ = await rig.send("POST", url, {"duration": "long"}, AS_PROGRAM)
        rig.clock.advance(601)
        later = await shown(rig, incident)
        entries = await log(rig, incident)
    assert (status, bad) == (201, 400)
    assert body["incident"]["status"] == "acknowledged"
    assert body["incident"]["pending_actions"] == [
        {"type": "unacknowledge", "at": "2026-11-22T14:14:23Z"}
    ]
    assert kinds(entries)[2:] == ["snooze", "unacknowledge"]
    assert later["pending_actions"] == [{"type": "escalate", "at": "2026-11-22T14:44:23Z"}]


async def test_only_a_change_of_status_moves_its_time_and_its_author() -> None:
    """`updated_at` moves with everything else."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        incident = await pagerduty.trigger()
        rig.clock.advance(60)
        await pagerduty.acknowledge(incident, ROBIN)
        rig.clock.advance(60)
        await pagerduty.set_priority(incident, "P1", KIM)
        await pagerduty.annotate(incident, KIM, "looking")
        body = await shown(rig, incident)
    assert body["last_status_change_at"] == "2026-11-22T14:05:23Z"
    assert body["last_status_change_by"]["summary"] == ROBIN
    assert body["updated_at"] == "2026-11-22T14:06:23Z"


async def test_the_log_is_in_whole_seconds_and_webhooks_are_in_milliseconds() -> None:
    """As with the real one; automation is the service in the log and nobody in a webhook."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "s")
        rig.clock.advance(0.789)
        incident = await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.annotate(incident, None, "A rule wrote this.")
        await rig.world.pagerduty.resolve(incident)
        await rig.world.pagerduty.settled()
        entries = await log(rig, incident)
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}/notes"
        _, notes = await rig.get(url, AUTH)
    assert {one.event["occurred_at"] for one in door.got} == {"2026-11-22T14:04:23.789Z"}
    assert {one["created_at"] for one in entries} == {"2026-11-22T14:04:23Z"}
    assert [one.event["agent"] for one in door.got][1:] == [None, None]
    assert {one["agent"]["type"] for one in entries} == {"service_reference"}
    (note,) = notes["notes"]
    assert note["id"] == door.got[1].event["data"]["id"]
    assert note["user"]["type"] == "bot_user_reference"


async def test_a_log_entry_names_whom_it_reached_and_what_it_changed() -> None:
    """One entry for each person of an escalation; priorities before and after."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        incident = await pagerduty.trigger()
        pagerduty.publish(pagerduty.account.escalate(incident, None, 1))
        await pagerduty.set_priority(incident, None, ROBIN)
        entries = await log(rig, incident)
    reached = [[one["summary"] for one in entry.get("assignees", [])] for entry in entries]
    assert kinds(entries) == ["trigger", "assign", "escalate", "escalate", "priority_change"]
    assert reached == [[], [ROBIN, KIM], [ROBIN], [KIM], []]
    channel = entries[-1]["channel"]
    assert (channel["old_priority"]["name"], channel["new_priority"]) == ("P2", None)
    assert entries[-1]["summary"] == 'Priority changed from "P2" to "None"'
    assert entries[-1]["incident"]["summary"].startswith(f"[#{incident.number}] ")


async def test_any_service_can_page_again_with_another_title() -> None:
    """Whoever is on call there gets it; a person may have opened it."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        plain = await pagerduty.trigger(service="auth-api")
        named = await pagerduty.trigger(
            service="auth-api", title="Logins fail", urgency="low", priority="P4", person=ROBIN
        )
        with pytest.raises(KeyError):
            await pagerduty.trigger(service="no-such-service")
        body = await shown(rig, named)
    assert plain.title == "auth-api: error share above 5 %"
    assert (body["title"], body["urgency"], body["priority"]["summary"]) == (
        "Logins fail", "low", "P4",
    )  # fmt: skip
    assert body["assignments"][0]["assignee"]["summary"] == "Sam Standin"
    assert body["last_status_change_by"]["summary"] == ROBIN


async def test_the_same_person_acknowledges_once_and_another_as_well() -> None:
    """As often as they like; the monitoring may, too."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.subscribe(door.url, "s")
        incident = await pagerduty.trigger()
        for person in (ROBIN, ROBIN, None, KIM):
            await pagerduty.acknowledge(incident, person)
        await pagerduty.settled()
        body = await shown(rig, incident)
        await pagerduty.escalate(incident, ROBIN)
        after = await shown(rig, incident)
    assert door.types.count("incident.acknowledged") == 3
    who = [one["acknowledger"]["summary"] for one in body["acknowledgements"]]
    assert who == [ROBIN, "checkout-api", KIM]
    assert (after["status"], after["acknowledgements"]) == ("triggered", [])


async def test_an_incident_can_be_handed_to_another_policy() -> None:
    """By REST, or by an act; its people and team are that policy's then."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.subscribe(door.url, "s")
        incident = await pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        policy = rig.world.scenario.team("payments").policy_id
        change = {"type": "incident_reference", "urgency": "low"}
        change |= {"escalation_policy": {"id": policy, "type": "escalation_policy_reference"}}
        status, body = await rig.send("PUT", url, {"incident": change}, AS_PROGRAM)
        wrong = {"incident": {"type": "incident", "escalation_policy": {"id": "PNONE"}}}
        bad, _ = await rig.send("PUT", url, wrong, AS_PROGRAM)
        odd, _ = await rig.send(
            "PUT", url, {"incident": {"type": "incident", "urgency": "mild"}}, AS_PROGRAM
        )
        await pagerduty.delegate(incident, "search", ROBIN)
        await pagerduty.settled()
    assert (status, bad, odd) == (200, 400, 400)
    assert body["incident"]["escalation_policy"]["summary"] == "payments on call"
    assert body["incident"]["urgency"] == "low"
    assert door.types == ["incident.triggered", "incident.delegated", "incident.delegated"]
    assert [one.name for one in incident.assignees] == ["Gale Sketch"]


async def test_changes_have_a_lower_limit_of_their_own() -> None:
    """The headers are of the limit that was reached; reading goes on."""
    async with running() as rig:
        rig.world.pagerduty.set_limits(writes=1)
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        body = {"note": {"content": "one"}}
        answers = [(await rig.send("POST", f"{url}/notes", body, AS_PROGRAM))[0] for _ in range(2)]
        put, _ = await rig.send("PUT", url, {}, AS_PROGRAM)
        read, _ = await rig.get(url, AUTH)
    assert (answers, put, read) == ([200, 429], 429, 200)


async def test_a_users_own_key_acts_for_that_user_whatever_from_says() -> None:
    """And knows whose it is; an account key does not."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.add_key("kims-key", KIM)
        pagerduty.subscribe(door.url, "s")
        incident = await pagerduty.trigger()
        own = {"Authorization": "Token token=kims-key", "From": "robin.sample@example.com"}
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}"
        change = {"incident": {"type": "incident_reference", "status": "acknowledged"}}
        status, _ = await rig.send("PUT", url, change, own)
        await pagerduty.settled()
        _, me = await rig.get(f"{rig.urls.pagerduty}/users/me", own)
        nobody, _ = await rig.get(f"{rig.urls.pagerduty}/users/me", AUTH)
        pagerduty.remove_key("kims-key")
        gone, _ = await rig.get(url, own)
    assert (status, nobody, gone) == (200, 400, 401)
    assert door.got[1].event["agent"]["summary"] == me["user"]["name"] == KIM


async def test_resolved_incidents_can_be_listed_by_when_they_were_resolved() -> None:
    """The latest first; a field nobody sorts by is a 400."""
    async with running() as rig:
        pagerduty = rig.world.pagerduty
        first, second, third = await pagerduty.synthetic_incidents(3)
        for incident in (second, third, first):
            rig.clock.advance(5)
            await pagerduty.resolve(incident)
        url = f"{rig.urls.pagerduty}/incidents"
        _, body = await rig.get(url, AUTH, sort_by="resolved_at:desc")
        bad, _ = await rig.get(url, AUTH, sort_by="colour")
    assert [one["id"] for one in body["incidents"]] == [first.id, third.id, second.id]
    assert bad == 400
