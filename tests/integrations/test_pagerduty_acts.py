"""Acts at PagerDuty: in whose name, what stood so before, and what a refusal says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from opsbot.ports import Acted, Done, Outcome, Pager, Refused, Unsure
from tests.integrations.pagerduty_stage import both
from tests.integrations.stage import Handler
from tests.integrations.test_pagerduty_api import ask_pager

ROBIN, KIM = "robin.sample@example.com", "kim.example@example.com"
BOT = "opsbot@example.com"
Act = Callable[[Pager, str, str], Coroutine[Any, Any, Outcome[Any]]]
ACTS: dict[str, Act] = {
    "acknowledge": lambda pager, one, who: pager.acknowledge(one, as_email=who),
    "resolve": lambda pager, one, who: pager.resolve(one, as_email=who),
    "priority": lambda pager, one, who: pager.set_priority(one, "p1", as_email=who),
    "note": lambda pager, one, who: pager.add_note(one, "Looking.", as_email=who),
}


async def asked(
    handler: Handler,
    question: Callable[[Pager], Coroutine[Any, Any, Outcome[Any]]],
    **settings: Any,
) -> Outcome[Any]:
    """What a pager answers against a server."""
    return (await ask_pager(handler, question, **settings))[0]


each_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())


@each_act
@pytest.mark.parametrize(
    ("as_email", "name"), [("Robin.Sample@example.com ", "Robin Sample"), ("", "opsbot")]
)
async def test_an_act_is_done_in_the_name_of_the_person(act: Act, as_email: str, name: str) -> None:
    """PagerDuty names them, by webhook and in its log; without one it is the configured user."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        outcome = await act(stage.pager(from_email=BOT), incident.id, as_email)
        events = await stage.told()
    assert isinstance(outcome, Done), outcome
    assert [event.actor.name for event in events][1:] == [name]
    assert incident.log[-1].agent.name == name


@each_act
async def test_somebody_pagerduty_does_not_know_is_replaced_by_the_configured_user(
    act: Act,
) -> None:
    """Acting late for want of an account would be worse."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        outcome = await act(stage.pager(from_email=BOT), incident.id, "nobody@example.com")
    assert isinstance(outcome, Done), outcome
    assert incident.log[-1].agent.name == "opsbot"


@each_act
@pytest.mark.parametrize("address", ["", "also-nobody@example.com"])
async def test_an_account_key_without_anybodys_name_is_refused_with_the_cure(
    act: Act, address: str
) -> None:
    """Nothing happened, and the cure names the setting."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        outcome = await act(stage.pager(from_email=address), incident.id, "nobody@example.com")
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is None
    assert "from_email" in outcome.cure
    assert incident.log[-1].kind == "notify_log_entry"


@each_act
async def test_a_users_own_key_needs_no_name_and_takes_none(act: Act) -> None:
    """PagerDuty ignores From then: what it answers says in whose name it was."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        stage.pagerduty.add_key("a-user-key", "Kim Example")
        outcome = await act(stage.pager("a-user-key"), incident.id, ROBIN)
    assert isinstance(outcome, Done), outcome
    assert incident.log[-1].agent.name == "Kim Example"


async def test_an_act_answers_when_and_in_whose_name() -> None:
    """By PagerDuty's clock and with PagerDuty's id of the user."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        robin = stage.rig.world.scenario.person("Robin Sample").pagerduty_id
        at = stage.pass_(3).replace(microsecond=0)
        pager = stage.pager(from_email=BOT)
        assert await pager.acknowledge(incident.id, as_email=ROBIN) == Done(
            value=Acted(at=at, by_id=robin)
        )
        later = stage.pass_(1).replace(microsecond=0)
        assert await pager.set_priority(incident.id, "P3") == Done(value=Acted(at=later))
        assert await pager.resolve(incident.id) == Done(value=Acted(at=later, by_id="POPSBOT"))


async def test_what_stood_so_before_is_a_success_that_says_so() -> None:
    """A second acknowledgement, an acknowledged or resolved incident that is over, a priority."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        pager = stage.pager(from_email=BOT)
        before = stage.pass_(1).replace(microsecond=0)
        await stage.pagerduty.acknowledge(incident, "Kim Example")
        await stage.pagerduty.set_priority(incident, "P2", "Kim Example")
        stage.pass_(1)
        acknowledged = await pager.acknowledge(incident.id, as_email=ROBIN)
        same = await pager.set_priority(incident.id, "P2", as_email=ROBIN)
        await stage.pagerduty.resolve(incident)
        over = [await pager.acknowledge(incident.id), await pager.resolve(incident.id)]
    kim = stage.rig.world.scenario.person("Kim Example").pagerduty_id
    assert acknowledged == Done(value=Acted(at=before, by_id=kim, already=True))
    assert isinstance(same, Done)
    assert same.value.already
    for outcome in over:  # ended by automation, which is no user
        assert isinstance(outcome, Done)
        assert (outcome.value.already, outcome.value.by_id) == (True, "")


async def test_a_second_person_who_acknowledges_is_named_at_pagerduty_too() -> None:
    """The one who takes the lead is on it, whoever was first."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        await stage.pagerduty.acknowledge(incident, "Kim Example")
        pager = stage.pager(from_email=BOT)
        for _ in range(2):
            await pager.acknowledge(incident.id, as_email=ROBIN)
        events = await stage.told()
    assert [agent.name for _, agent in incident.acknowledged] == ["Kim Example", "Robin Sample"]
    assert len(events) == 3


@pytest.mark.parametrize("code", [1001, 2018])
async def test_somebody_who_was_quicker_is_no_error(code: int) -> None:
    """Between the look and the act somebody resolved it."""

    async def handle(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"incident": {"id": "PINC", "status": "triggered"}})
        error = {"message": "Incident Already Resolved", "code": code}
        return web.json_response({"error": error}, status=400)

    async def question(pager: Pager) -> list[Outcome[Acted]]:
        return [await pager.acknowledge("PINC"), await pager.resolve("PINC")]

    outcomes, _ = await ask_pager(handle, question)
    assert outcomes == [Done(value=Acted(already=True))] * 2


async def test_the_priority_of_a_resolved_incident_cannot_be_set() -> None:
    """1001 is no success there: the priority is not what was asked for."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        await stage.pagerduty.resolve(incident)
        outcome = await stage.pager(from_email=BOT).set_priority(incident.id, "P1")
    assert isinstance(outcome, Refused)
    assert "Already Resolved" in outcome.error


async def test_a_priority_nobody_knows_is_refused_with_those_there_are() -> None:
    """Looked up once; an account without priorities is told apart."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        pager = stage.pager(from_email=BOT)
        outcomes = [await pager.set_priority(incident.id, name) for name in ("P9", "", "SEV1")]
        lists = [one for one in stage.pagerduty.seen if one.path == "/priorities"]
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert outcome.cure == "use one of P1, P2, P3, P4, P5"
    assert len(lists) == 1

    async def without(request: web.Request) -> web.Response:
        return web.json_response({"priorities": [], "incident": {}})

    bare = await asked(without, lambda pager: pager.set_priority("PINC", "P1"))
    assert isinstance(bare, Refused)
    assert "no priorities" in bare.error


def failing(status: int, *, slow: bool = False) -> Handler:
    """A PagerDuty that can be read, and answers every change so."""

    async def handle(request: web.Request) -> web.Response:
        if request.method == "GET":
            found = {"id": "PINC", "status": "triggered"}
            listed = [{"id": "PP1", "name": "P1"}]
            return web.json_response({"incident": found, "priorities": listed, "users": []})
        await asyncio.sleep(3 if slow else 0)
        error = {"message": "no", "code": 2020 if status == 429 else 2000}
        return web.json_response({"error": error}, status=status)

    return handle


@each_act
@pytest.mark.parametrize(
    ("status", "slow", "kind", "again"),
    [
        (500, False, Unsure, False),
        (503, False, Unsure, False),
        (200, True, Unsure, False),  # no answer in time
        (429, False, Refused, True),
        (403, False, Refused, False),
        (404, False, Refused, False),
    ],
)
async def test_an_act_that_may_have_happened_is_unsure_and_one_that_did_not_is_refused(
    act: Act, status: int, slow: bool, kind: type, again: bool
) -> None:
    """Only a rate limit is worth coming back for by itself."""
    settings: dict[str, Any] = {"deadline_seconds": 0.2} if slow else {}
    outcome = await asked(
        failing(status, slow=slow), lambda pager: act(pager, "PINC", ""), **settings
    )
    assert isinstance(outcome, kind), outcome
    if isinstance(outcome, Refused):
        assert (outcome.retry_after is not None) is again


@each_act
async def test_a_look_up_that_fails_for_now_changes_nothing(act: Act) -> None:
    """In whose name is not known then: nothing was sent, and it is worth coming back."""

    async def handle(request: web.Request) -> web.Response:
        if request.path == "/users":
            return web.Response(status=503)
        assert request.method == "GET"
        return web.json_response(
            {"incident": {"status": "triggered"}, "priorities": [{"id": "PP1", "name": "P1"}]}
        )

    outcome = await asked(handle, lambda pager: act(pager, "PINC", ROBIN), from_email=BOT)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None


async def test_users_that_may_not_be_read_leave_the_configured_user() -> None:
    """That will not pass; the act matters more than the name."""
    names: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if request.path == "/users":
            return web.json_response({"error": {"message": "no"}}, status=403)
        names.append(request.headers.get("From", ""))
        return web.json_response({"note": {"id": "PN"}})

    outcome = await asked(
        handle, lambda pager: pager.add_note("PINC", "x", as_email=ROBIN), from_email=BOT
    )
    assert (outcome, names) == (Done(value=None), [BOT])


async def test_writing_too_fast_does_not_keep_opsbot_from_reading() -> None:
    """Changes have a lower limit of their own."""
    async with both() as stage:
        first, second = await stage.pagerduty.synthetic_incidents(2)
        stage.pagerduty.set_limits(writes=1)
        pager = stage.pager(from_email=BOT)
        assert isinstance(await pager.acknowledge(first.id), Done)
        limited = await pager.acknowledge(second.id)
        people = await pager.people([stage.rig.world.scenario.people[0].pagerduty_id], "")
        stage.pass_(1.1)
        later = await pager.acknowledge(second.id)
    assert isinstance(limited, Refused)
    assert limited.retry_after is not None
    assert isinstance(people, Done)
    assert isinstance(later, Done)


async def test_a_user_is_looked_up_once_however_often_they_act() -> None:
    """By their address; where PagerDuty finds none by it, among all users."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        pager = stage.pager(from_email=BOT)
        for text in ("one", "two"):
            await pager.add_note(incident.id, text, as_email=KIM)
        await pager.acknowledge(incident.id, as_email=ROBIN)
        lookups = [one.query for one in stage.pagerduty.seen if one.path == "/users"]
    assert [note.author and note.author.name for note in incident.notes] == ["Kim Example"] * 2
    assert len(lookups) == 2
