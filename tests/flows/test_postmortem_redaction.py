"""Words that were redacted leave the postmortem too: at once, whatever the incident does, and no
draft that still holds them is put anywhere."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from opsbot.catalog.commands import read_commands
from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.core.verb import Reads
from opsbot.documents.drafter import PostmortemDrafter
from opsbot.documents.template import default_template
from opsbot.engine.plain import PlainSteps
from opsbot.flows import flows_for
from tests.commands.office import replace
from tests.fakes.publisher import FakePublisher
from tests.flows.desk_of_learning import Desk

SECRET = "hunter2-Quux"


async def noted(desk: Desk, incident: Incident) -> int:
    """Somebody says what must not stay; the number of the entry."""
    await desk.typed(f'note "the password is {SECRET}"', at=incident.surface.channel_id)
    found = [x for x in await desk.entries(incident) if isinstance(x.body, e.NoteAdded)]
    return found[-1].seq


async def test_words_that_are_redacted_while_it_is_open_again_leave_the_document() -> None:
    """Nobody has to end the incident first, or to wait for quiet."""
    desk = Desk()
    incident = await desk.page()
    seq = await noted(desk, incident)
    await desk.typed("resolve fixed rolled back", at=incident.surface.channel_id)
    await desk.quiet(incident)
    await desk.typed("reopen it came back", at=incident.surface.channel_id)
    assert SECRET in desk.shelf.only.text
    await desk.typed(f"redact #{seq} a password", at=incident.surface.channel_id)
    for place in (desk.shelf, desk.wiki):
        assert SECRET not in place.only.text + place.only.document.html + place.only.document.data


async def test_a_draft_that_waits_for_a_place_is_not_put_there_once_words_of_it_are_gone() -> None:
    """Only the next one is, which holds them no more."""
    desk = Desk()
    incident = await desk.page()
    seq = await noted(desk, incident)
    await desk.typed("resolve fixed rolled back", at=incident.surface.channel_id)
    incident = await desk.quiet(incident)
    late = FakePublisher("late")
    desk.ports = replace(desk.ports, publishers=(late,))
    assert incident.living.draft is not None
    asked = {"incident_id": incident.id, "publisher": "late"}
    asked |= {"draft": str(incident.living.draft.seq), "key": "late"}
    await desk.record.redact(incident.id, seq, OPSBOT, "a password")
    assert await flows_for(desk.ports)["publish_postmortem"](PlainSteps(), asked) is None
    assert late.placed == {}


class NoPaint:
    """A painter whom nobody gives anything to draw."""

    async def draw(self, picture: Any) -> Any:
        raise AssertionError("there is no picture")


class Elsewhere(PostmortemDrafter):
    """The real drafter, which notes the threads it worked in."""

    threads: ClassVar[set[int]] = set()

    def pictures(self, incident: Any, entries: Any, blobs: Mapping[str, bytes]) -> Any:
        self.threads.add(threading.get_ident())
        return super().pictures(incident, entries, blobs)


async def test_a_long_record_is_read_beside_the_event_loop() -> None:
    """Slack waits three seconds for an acknowledgement, whatever is being written."""
    desk = Desk()
    drafter = Elsewhere(template=default_template())
    desk.ports = replace(desk.ports, drafter=drafter, painter=NoPaint())
    await desk.ended()
    assert Elsewhere.threads
    assert threading.get_ident() not in Elsewhere.threads


def test_the_lint_is_made_before_the_record_is_locked() -> None:
    """Everything that is heard is taken under that lock, and a long record takes a while."""
    (verb,) = (one for one in read_commands().verbs if one.name == "postmortem")
    assert verb.reads == {Reads.LINT}


async def test_who_redacts_is_told_where_versions_of_the_document_still_hold_the_words() -> None:
    """A file in a thread and a commit are no opsbot's to take back."""
    desk = Desk()
    incident = await desk.page()
    seq = await noted(desk, incident)
    await desk.typed("resolve fixed rolled back", at=incident.surface.channel_id)
    await desk.quiet(incident)
    told = await desk.typed(f"redact #{seq} a password", at=incident.surface.channel_id)
    assert told is not None
    assert "remove those there" in told.words
