"""What does not fit into a message is promised only where it can be read."""

from __future__ import annotations

import json

from opsbot.cards.render import render
from opsbot.core.card import Card, line
from tests.commands.office import BEN, replace
from tests.commands.works import Works


def note(card: Card) -> str:
    """What the message would say below its lines, were there far too many."""
    many = tuple(line(f"line {number} " + "x" * 300) for number in range(200))
    rendered = render(replace(card, lines=(*card.lines, *many)))
    assert rendered.cut in json.dumps(rendered.blocks)
    return rendered.cut.partition(" more lines")[2].partition(",")[0]


async def test_only_the_card_of_the_room_points_to_its_thread() -> None:
    """A direct message, an answer and the message of a run have none that holds the rest."""
    office = Works()
    incident = await office.paged()
    room = incident.surface.channel_id
    run = await office.asked_for(incident)
    await office.typed("lead", at=room)
    await office.typed("handover <@U0BEN>", at=room)
    (offer,) = office.people.whispered(BEN)
    _, message = office.message_of(incident, run)
    (card,) = [one for one in office.room.messages(room) if one.slot == "card"]
    answers = [await office.typed(verb, at=room) for verb in ("brief", "status", "list")]
    assert note(card.card) == ": see the thread"
    assert note(message.card) == ": opsbot show 1 --json has them"
    assert note(offer.card) == ": timeline INC-1 says what happened"
    assert [note(one.card) for one in answers if one] == [
        ": timeline INC-1 says what happened", ": timeline INC-1 says what happened",
        " that do not fit here",
    ]  # fmt: skip
