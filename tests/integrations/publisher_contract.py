"""What every Publisher must do; the fake and the real ones are held to the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from opsbot.core.document import Document
from opsbot.ports import Done, Outcome, Published, Publisher, Refused, T, Unsure

INCIDENT = "inc-0123456789abcdef0123"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
SECTIONS = "# INC-42\n\n<!-- opsbot:section summary -->\nLogins failed.\n"
THEIRS = SECTIONS + "\nFor us, that was the day of the release.\n"


def document(**changes: Any) -> Document:
    """A postmortem of INC-42 with one chart."""
    base: dict[str, Any] = {
        "incident_id": INCIDENT, "number": 42, "stem": "inc-42-logins-fail",
        "title": "Postmortem of INC-42: logins fail", "summary": "Logins failed for 20 minutes.",
        "markdown": SECTIONS, "data": '{"number": 42}\n', "html": "<!doctype html>\n",
        "attachments": {"inc-42-logins-fail/chart-page.png": PNG},
    }  # fmt: skip
    return Document(**{**base, **changes})


NEWER = document(markdown=SECTIONS + "\nFollow-ups: none.\n", data='{"number": 42, "n": 2}\n')


class World(Protocol):
    """A publisher under test, and what the contract asks of the place around it."""

    @property
    def publisher(self) -> Publisher: ...

    def text(self) -> str:
        """The Markdown of the newest version, as people read it there."""
        ...

    def count(self) -> int:
        """How many documents stand there, versions of one counting once."""
        ...

    def lose_answers(self) -> None:
        """The next publishing is done, and its answer lost."""
        ...


class EditableWorld(World, Protocol):
    """A place where people edit what was published."""

    def edit(self, text: str) -> None:
        """Somebody saves another text."""
        ...

    def remove(self) -> None:
        """Somebody takes the document away."""
        ...


def value(outcome: Outcome[T]) -> T:
    assert isinstance(outcome, Done), outcome
    return outcome.value


async def published(world: World, given: Document | None = None) -> Published:
    return value(await world.publisher.publish(given or document(), None))


class PublisherContract:
    """Inherit, and give a `world` fixture."""

    async def test_a_document_stands_where_people_read_it(self, world: World) -> None:
        held = await published(world)
        assert held.ref
        assert world.text() == SECTIONS
        assert world.count() == 1

    async def test_publishing_the_same_again_is_one_document(self, world: World) -> None:
        """Whether or not the record knew of the first time."""
        held = await published(world)
        assert value(await world.publisher.publish(document(), held)) == held
        found = value(await world.publisher.find(document()))
        assert found in (None, held)
        assert world.count() == 1

    async def test_a_newer_version_takes_the_place_of_the_older(self, world: World) -> None:
        held = await published(world)
        value(await world.publisher.publish(NEWER, held))
        assert world.text() == NEWER.markdown
        assert world.count() == 1

    async def test_a_lost_answer_never_makes_two(self, world: World) -> None:
        """The next try finds the first one, or says that nobody knows."""
        world.lose_answers()
        assert isinstance(await world.publisher.publish(document(), None), Unsure)
        found = value(await world.publisher.find(document()))
        again = await world.publisher.publish(document(), found)
        assert isinstance(again, Done) or (again.cure and again.retry_after is None)  # type: ignore[union-attr] # Unsure has neither
        assert world.count() == 1
        assert world.text() == SECTIONS

    async def test_a_private_document_needs_a_place_that_says_so(self, world: World) -> None:
        """What its name tells, too, is put nowhere else."""
        outcome = await world.publisher.publish(document(private=True), None)
        if world.publisher.takes_private:
            value(outcome)
            return
        assert isinstance(outcome, Refused)
        assert (outcome.retry_after, bool(outcome.cure)) == (None, True)
        assert world.count() == 0

    async def test_another_incident_has_a_document_of_its_own(self, world: World) -> None:
        """Under the same number, too: there may be two opsbots."""
        held = await published(world)
        other = document(incident_id="inc-another", markdown="# Another\n")
        if value(await world.publisher.find(other)) is not None:
            raise AssertionError("it was found before it was published")
        second = await world.publisher.publish(other, None)
        if isinstance(second, Done):
            assert second.value.ref != held.ref
            assert world.count() == 2


class EditablePublisherContract(PublisherContract):
    """Inherit, and give a `world` fixture of a place where people edit."""

    async def test_what_people_wrote_is_read(self, world: EditableWorld) -> None:
        held = await published(world)
        assert value(await world.publisher.read(held)) == SECTIONS
        world.edit(THEIRS)
        assert value(await world.publisher.read(held)) == THEIRS

    async def test_what_was_taken_away_is_gone_and_can_be_put_back(
        self, world: EditableWorld
    ) -> None:
        held = await published(world)
        world.remove()
        assert value(await world.publisher.read(held)) is None
        again = value(await world.publisher.publish(NEWER, held))
        assert value(await world.publisher.read(again)) == NEWER.markdown

    async def test_what_somebody_saved_meanwhile_is_not_written_over(
        self, world: EditableWorld
    ) -> None:
        """Between reading and writing: refused for a moment, and read anew."""
        held = await published(world)
        value(await world.publisher.read(held))
        world.edit(THEIRS)
        outcome = await world.publisher.publish(NEWER, held)
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        assert world.text() == THEIRS
        value(await world.publisher.read(held))
        value(await world.publisher.publish(replace(NEWER, markdown=THEIRS), held))
        assert world.text() == THEIRS

    async def test_an_earlier_try_is_found_with_what_people_made_of_it(
        self, world: EditableWorld
    ) -> None:
        """Published, the answer lost, and edited before anybody looked."""
        world.lose_answers()
        assert isinstance(await world.publisher.publish(document(), None), Unsure)
        world.edit(THEIRS)
        found = value(await world.publisher.find(document()))
        assert found is not None
        assert value(await world.publisher.read(found)) == THEIRS
