"""What every Pager must do; the fake and the real one are held to the same."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from opsbot.ports import Done, Outcome, Pager, Refused, T, Unsure

ROBIN = "robin.sample@example.com"


class World(Protocol):
    """A pager under test, and what the contract asks of the account around it."""

    @property
    def pager(self) -> Pager: ...

    async def trigger(self) -> str:
        """An incident pages; its id."""
        ...

    def robin(self) -> str:
        """The pager's own id of Robin, who has the address above."""
        ...

    def now(self) -> datetime: ...
    def pass_(self, minutes: float) -> None: ...
    def status(self, alert_id: str) -> str: ...
    def priority(self, alert_id: str) -> str: ...
    def notes(self, alert_id: str) -> list[tuple[str, str]]:
        """The notes with their authors' names."""
        ...

    def answers_get_lost(self) -> None:
        """From now on everything is done and no answer arrives."""
        ...


def value(outcome: Outcome[T]) -> T:
    assert isinstance(outcome, Done), outcome
    return outcome.value


class PagerContract:
    """Inherit, and give a `world` fixture."""

    async def test_acknowledging_says_when_and_in_whose_name(self, world: World) -> None:
        """By the pager's clock and ids; a second time it stood so."""
        alert = await world.trigger()
        world.pass_(2)
        at = world.now().replace(microsecond=0)
        acted = value(await world.pager.acknowledge(alert, as_email=ROBIN))
        assert (acted.by_id, acted.already) == (world.robin(), False)
        assert acted.at is not None
        assert acted.at.replace(microsecond=0) == at
        assert world.status(alert) == "acknowledged"
        assert value(await world.pager.acknowledge(alert, as_email=ROBIN)).already

    async def test_resolving_twice_is_resolving(self, world: World) -> None:
        """What is over stays so, and cannot be acknowledged any more."""
        alert = await world.trigger()
        assert not value(await world.pager.resolve(alert, as_email=ROBIN)).already
        again = value(await world.pager.resolve(alert, as_email=ROBIN))
        late = value(await world.pager.acknowledge(alert, as_email=ROBIN))
        assert (again.already, late.already) == (True, True)
        assert world.status(alert) == "resolved"

    async def test_somebody_unknown_is_replaced(self, world: World) -> None:
        """Acting late for want of an account would be worse."""
        alert = await world.trigger()
        acted = value(await world.pager.acknowledge(alert, as_email="nobody@example.com"))
        assert acted.by_id != world.robin()
        assert world.status(alert) == "acknowledged"

    async def test_a_priority_is_set_in_any_spelling(self, world: World) -> None:
        """Set already is a success that says so; one nobody knows names those there are."""
        alert = await world.trigger()
        assert not value(await world.pager.set_priority(alert, "p1", as_email=ROBIN)).already
        assert world.priority(alert) == "P1"
        assert value(await world.pager.set_priority(alert, "P1", as_email=ROBIN)).already
        outcome = await world.pager.set_priority(alert, "P9", as_email=ROBIN)
        assert isinstance(outcome, Refused)
        assert "P1, P2" in outcome.cure

    async def test_the_priority_of_what_is_over_is_refused(self, world: World) -> None:
        alert = await world.trigger()
        value(await world.pager.resolve(alert))
        outcome = await world.pager.set_priority(alert, "P1")
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is None

    async def test_a_note_is_written_in_the_persons_name(self, world: World) -> None:
        """Writing it twice writes two: nothing tells them apart."""
        alert = await world.trigger()
        value(await world.pager.add_note(alert, "rolled back v2.14", as_email=ROBIN))
        ((name, text),) = world.notes(alert)
        assert (name, text) == ("Robin Sample", "rolled back v2.14")
        value(await world.pager.add_note(alert, "rolled back v2.14", as_email=ROBIN))
        assert len(world.notes(alert)) == 2

    async def test_what_is_not_there_is_refused_for_good(self, world: World) -> None:
        """With a cure, whatever was asked for."""
        for outcome in (
            await world.pager.acknowledge("PNONE"),
            await world.pager.set_priority("PNONE", "P1"),
            await world.pager.add_note("PNONE", "x"),
        ):
            assert isinstance(outcome, Refused)
            assert outcome.retry_after is None
            assert outcome.cure

    async def test_a_lost_answer_is_unsure_and_doing_it_again_does_it_once(
        self, world: World
    ) -> None:
        """It happened, and nobody said so."""
        alert = await world.trigger()
        world.answers_get_lost()
        outcome = await world.pager.acknowledge(alert)
        assert isinstance(outcome, Unsure)
        assert world.status(alert) == "acknowledged"

    async def test_people_come_with_their_addresses(self, world: World) -> None:
        """Somebody the pager has no record of is left out."""
        found = value(await world.pager.people([world.robin(), "PNONE"], ""))
        assert [(person.id, person.email) for person in found] == [(world.robin(), ROBIN)]
