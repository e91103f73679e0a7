"""What every Staffing must do; the fake and the real one are held to the same."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from opsbot.ports import Done, Outcome, Paging, Refused, Staffing, T, Unsure

ROBIN, KIM = "robin.sample@example.com", "kim.example@example.com"


class World(Protocol):
    """An account under test, in which Robin and Kim are on call for the service at level 1, Noor
    at level 2 and Alex, always, at level 3."""

    @property
    def staffing(self) -> Staffing: ...
    @property
    def service_id(self) -> str: ...
    @property
    def policy(self) -> tuple[str, str]:
        """Id and name of the service's escalation policy."""
        ...

    async def trigger(self) -> str:
        """An incident pages; its id."""
        ...

    def user_id(self, name: str) -> str: ...
    def now(self) -> datetime: ...
    def pages(self) -> list[tuple[str, str, list[str]]]:
        """What was really sent: (incident, in whose name, whom)."""
        ...

    def title(self, alert_id: str) -> str: ...
    def goes_without_responders(self) -> None:
        """From now on nobody can be asked to join an incident."""
        ...

    def answers_get_lost(self) -> None:
        """From now on everything is done and no answer arrives."""
        ...


def value(outcome: Outcome[T]) -> T:
    assert isinstance(outcome, Done), outcome
    return outcome.value


def paging(world: World, **given: object) -> Paging:
    """Page the service's on-call by a new incident, unless told otherwise."""
    base: dict[str, object] = {
        "key": "opsbot:inc-1:page:7", "alert_id": "", "service_id": world.service_id,
        "policy_id": "", "user_ids": (), "title": "INC-1 Search is slow",
        "message": "[opsbot] Help",
    }  # fmt: skip
    return Paging(**{**base, **given})  # type: ignore[arg-type] # built from known fields


class StaffingContract:
    """Inherit, and give a `world` fixture."""

    async def test_who_is_on_call_comes_nearest_level_first(self, world: World) -> None:
        """With addresses, the policy's name, and until when."""
        duties = value(await world.staffing.on_call(service_id=world.service_id))
        names = [(duty.level, duty.person.name) for duty in duties]
        assert names == [
            (1, "Kim Example"), (1, "Robin Sample"), (2, "Noor Fixture"),
            (3, "Alex Placeholder"),
        ]  # fmt: skip
        assert [duty.person.email for duty in duties[:2]] == [KIM, ROBIN]
        assert {(duty.policy_id, duty.policy) for duty in duties} == {world.policy}
        assert duties[0].until is not None
        assert duties[0].until > world.now()
        assert duties[0].schedule
        assert (duties[-1].until, duties[-1].schedule) == (None, "")

    async def test_a_policy_is_asked_for_like_its_service(self, world: World) -> None:
        by_service = value(await world.staffing.on_call(service_id=world.service_id))
        by_policy = value(await world.staffing.on_call(policy_id=world.policy[0], fresh=True))
        assert by_policy == by_service

    async def test_a_service_nobody_knows_is_refused_for_good(self, world: World) -> None:
        outcome = await world.staffing.on_call(service_id="PNONE")
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is None
        assert outcome.cure

    async def test_policies_are_found_by_part_of_their_name(self, world: World) -> None:
        part = world.policy[1][:6].upper()
        assert world.policy in value(await world.staffing.policies(part))
        assert value(await world.staffing.policies("Quux")) == ()

    async def test_somebody_is_known_by_their_address_in_any_case(self, world: World) -> None:
        found = value(await world.staffing.person(ROBIN.upper()))
        assert found is not None
        assert found.id == world.user_id("Robin Sample")
        assert value(await world.staffing.person("nobody@example.com")) is None

    async def test_on_call_is_asked_to_join_an_incident_in_the_askers_name(
        self, world: World
    ) -> None:
        alert = await world.trigger()
        page = paging(world, alert_id=alert, policy_id=world.policy[0])
        paged = value(await world.staffing.page(page, as_email=ROBIN))
        assert (paged.alert_id, paged.made, paged.already) == (alert, False, False)
        assert [person.name for person in paged.people] == ["Robin Sample", "Kim Example"]
        assert world.pages() == [(alert, "Robin Sample", ["Robin Sample", "Kim Example"])]

    async def test_a_service_alone_is_paged_by_its_own_policy(self, world: World) -> None:
        alert = await world.trigger()
        paged = value(await world.staffing.page(paging(world, alert_id=alert)))
        assert [person.name for person in paged.people] == ["Robin Sample", "Kim Example"]

    async def test_people_can_be_named(self, world: World) -> None:
        alert = await world.trigger()
        noor = world.user_id("Noor Fixture")
        paged = value(await world.staffing.page(paging(world, alert_id=alert, user_ids=(noor,))))
        assert [(person.id, person.name) for person in paged.people] == [(noor, "Noor Fixture")]

    async def test_somebody_unknown_pages_as_the_configured_user(self, world: World) -> None:
        alert = await world.trigger()
        value(await world.staffing.page(paging(world, alert_id=alert), as_email="no@example.com"))
        ((_, by, _),) = world.pages()
        assert by == "opsbot"

    async def test_without_an_incident_one_is_made_and_one_key_makes_one(
        self, world: World
    ) -> None:
        first = value(await world.staffing.page(paging(world), as_email=ROBIN))
        again = value(await world.staffing.page(paging(world), as_email=ROBIN))
        assert (first.made, first.already) == (True, False)
        assert (again.made, again.already) == (True, True)
        assert (again.alert_id, again.people) == (first.alert_id, first.people)
        assert world.title(first.alert_id) == "INC-1 Search is slow"
        names = ["Robin Sample", "Kim Example"]
        assert world.pages() == [(first.alert_id, "Robin Sample", names)]

    async def test_an_incident_can_be_made_for_people(self, world: World) -> None:
        noor = world.user_id("Noor Fixture")
        paged = value(await world.staffing.page(paging(world, user_ids=(noor,))))
        assert [person.name for person in paged.people] == ["Noor Fixture"]

    async def test_where_nobody_can_be_asked_to_join_an_incident_is_made(
        self, world: World
    ) -> None:
        """A plan without requests to respond pages all the same."""
        alert = await world.trigger()
        world.goes_without_responders()
        page = paging(world, alert_id=alert, policy_id=world.policy[0])
        paged = value(await world.staffing.page(page))
        assert paged.made
        assert paged.alert_id != alert

    async def test_without_a_service_no_incident_can_be_made(self, world: World) -> None:
        page = paging(world, service_id="", policy_id=world.policy[0])
        outcome = await world.staffing.page(page)
        assert isinstance(outcome, Refused)
        assert "service" in outcome.cure
        assert world.pages() == []

    async def test_an_incident_that_is_gone_is_refused_for_good(self, world: World) -> None:
        page = paging(world, alert_id="PNONE", policy_id=world.policy[0])
        outcome = await world.staffing.page(page)
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is None

    async def test_a_lost_answer_is_unsure(self, world: World) -> None:
        """It was sent, and nobody said so; of an incident that is made, a second try tells."""
        alert = await world.trigger()
        world.answers_get_lost()
        page = paging(world, alert_id=alert, policy_id=world.policy[0])
        assert isinstance(await world.staffing.page(page), Unsure)
        assert len(world.pages()) == 1
