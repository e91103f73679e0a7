"""Long updates and those of several lines: the room reads all of what is kept, and whoever wrote
more is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.cards.render import render
from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.room_posts import announcements
from opsbot.core.update_text import LINE, LONGEST, MOST_LINES, written_lines
from tests.commands.office import Office


async def paged() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def drawn(office: Office, incident: Incident) -> str:
    """The blocks of the newest thing that was said."""
    _, card, _ = announcements(await office.incident(incident))[-1]
    rendered = render(card)
    assert rendered.cut == ""
    return json.dumps(rendered.blocks, ensure_ascii=False)


async def test_every_word_of_a_long_update_stands_in_the_room() -> None:
    """A line of a card ends after 1,000 characters; what everybody is told does not."""
    office, incident, room = await paged()
    words = [f"word{number}" for number in range(200)]
    customers = [f"outside{number}" for number in range(200)]
    await office.typed(f'update "{" ".join(words)}" "{" ".join(customers)}"', at=room)
    shown = await drawn(office, incident)
    assert [one for one in (*words, *customers) if one not in shown] == []


async def test_whoever_writes_more_than_is_kept_is_told() -> None:
    office, incident, room = await paged()
    told = await office.typed(f'update "{"word " * 1_000}"', at=room)
    assert told is not None
    assert "It was cut after 3,000 characters; post the rest as another." in told.words
    (body,) = await office.bodies(incident, e.UpdatePosted)
    assert len(body.text) == LONGEST
    assert body.text.endswith("…")
    assert "cut after" not in (await office.typed("update short", at=room)).words  # type: ignore[union-attr] # answered


async def test_lines_that_were_written_stand_as_lines() -> None:
    """In the form's field people write lists."""
    office, incident, room = await paged()
    await office.pressed("update", incident.id, at=room)
    await office.submitted(text="We know:\n\n- logins fail\n- since v2.14", external="Sorry.\nAda")
    (body,) = await office.bodies(incident, e.UpdatePosted)
    assert body.text == "We know:\n\n- logins fail\n- since v2.14"
    _, card, _ = announcements(await office.incident(incident))[-1]
    lines = ["".join(p for p in one.pieces if isinstance(p, str)) for one in card.lines]
    assert {"- logins fail", "- since v2.14”", "Ada”"} <= set(lines)
    assert "Update “We know: - logins fail - since v2.14” - Ann" in office.card(incident)


@pytest.mark.parametrize("text", ["\u202eevil\u202c", "<!channel> <@U0BEN>", "*b* `x`\n> q"])
async def test_hostile_lines_are_inert_each_by_itself(text: str) -> None:
    office, incident, room = await paged()
    await office.pressed("update", incident.id, at=room)
    await office.submitted(text=text, external=text)
    shown = await drawn(office, incident)
    assert "\u202e" not in shown
    assert '"type": "broadcast"' not in shown
    assert '"user_id": "U0BEN"' not in shown


@given(st.text(max_size=6_000))
def test_any_text_is_quoted_in_lines_that_fit(text: str) -> None:
    lines = written_lines(text)
    assert 1 <= len(lines) <= MOST_LINES
    assert max(len(one) for one in lines) <= LINE + 2
    assert lines[0].startswith("“")
    assert lines[-1].endswith("”")
