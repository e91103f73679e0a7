"""What is answered at three in the morning reads like a sentence when it is read aloud."""

from __future__ import annotations

import re

import pytest

from opsbot.core.incident import Incident
from opsbot.core.postmortem.factors import DEFAULT_REASON
from opsbot.core.postmortem.resolution import DEFAULT_END
from opsbot.core.role_guide import ROLE_NAME
from opsbot.core.status_reason import SAID_OVER, SAID_SO
from tests.commands.office import ANN, BEN, Office

NO_SENTENCE = re.compile(
    r"\bNone\b|: now\b|(?<!\.)\.\.(?!\.)| [,.;:] |\(\)|<@|"
    r"\b1 (?:alert|line|update|follow-up|incident)s\b|"
    r"\b(?:is|are) (?:deputy|scribe|expert|lead|communications)\b|both times|turns that round"
)
# What Ann types one after the other, and the sentence she is to read.
SAID: tuple[tuple[str, str], ...] = (
    ("role scribe @me", "You are the scribe of INC-1 now."),
    ("role scribe <@U0BEN>", "Ben is the scribe of INC-1 now."),
    ("role comms <@U0BEN>", "Ben is the communications lead of INC-1 now."),
    ("role comms --gone", "Ben is no longer the communications lead."),
    ("role expert @me", "You are an expert of INC-1 now."),
    ("role expert <@U0BEN>", "Ben is an expert of INC-1 now."),
    ("role expert", "Ann and Ben have the role of expert."),
    ("role deputy --gone", "Nobody is the deputy of INC-1."),
    ("captain", "You lead INC-1."),
    ("lead", "You lead INC-1 already."),
    ("handover --accept", "Nothing was done: nobody is asked to take over just now; Ann leads."),
    ("mitigate", "INC-1 is mitigated as of now, 2026-11-22 14:00 UTC."),
    ("mitigate 13:50Z", "Read as 13:50 UTC on Sun 22 Nov 2026."),
    ("mitigate --off", "INC-1 no longer stands as mitigated."),
    ("mitigate --off", "INC-1 does not stand as mitigated."),
    ("onset 13:41Z", "INC-1 began 2026-11-22 13:41 UTC."),
    ('impact "31 % fail" since 13:58Z', "It began 2026-11-22 13:58 UTC."),
    ("note 13:59Z restarted it", "Noted for 2026-11-22 13:59 UTC."),
    ("snooze off", "snooze on brings the reminders back."),
    ("snooze on", "Reminders of updates of INC-1 are on again."),
    ("snooze 1h", "There are none just now: no updates are asked for at this severity."),
    ('followup "alert on memory"', "Follow-up 1 is set: no owner yet, no date yet."),
    ("followup 1 done", "Follow-up 1 is done."),
    ("followup 1 done", "Follow-up 1 stands so already."),
    ("followup 1 reopen", "Follow-up 1 is open again: no owner yet, no date yet."),
    ("keep", "INC-1 is open, and nobody has asked to end it."),
    ("reopen", "INC-1 is open already (investigating)."),
    ('cancel "a load test"', "1 alert still fires."),
)  # fmt: skip
MORE = ("", "status", "roles", "brief", "role", "lead --nobody", "lead <@U0BEN>", "lead @me",
        "handover <@U0BEN>", "handover", "status identified", "status closed", "onset 14:30Z",
        "update we look", "update again next 2h", "why", "timeline", "followup list", "undo #3",
        "help", "help role", "help snooze", "resolve", "reopen", "list")  # fmt: skip


async def paged() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def test_every_answer_is_a_sentence() -> None:
    """In the order in which somebody might type them, those that only look among them."""
    office, incident, room = await paged()
    for line, sentence in SAID:
        told = await office.typed(line, at=room)
        assert told is not None
        assert sentence in told.words
        assert NO_SENTENCE.search(told.words) is None, told.words
    for line in MORE:
        told = await office.typed(line, at=room)
        assert told is None or NO_SENTENCE.search(told.words) is None, told and told.words
        office.clock.advance(seconds=61)
    shown = [*office.lines(incident, ""), *(one.words for one in office.people.whispers)]
    assert [one for one in shown if NO_SENTENCE.search(one)] == []


@pytest.mark.parametrize("typed", ["25:00", "tomorrow", "99:99 rolled back", "14.05", "3h"])
async def test_a_time_that_cannot_be_read_is_not_taken_for_now(typed: str) -> None:
    """Mitigated at the wrong moment is a wrong measure; nobody reads it in the words beside it."""
    office, incident, room = await paged()
    told = await office.typed(f"mitigate {typed}", at=room)
    assert told is not None
    assert "is no time that I can read, so nothing was set" in told.words
    assert (await office.incident(incident)).living.mitigated is None


@pytest.mark.parametrize("role", ROLE_NAME)
async def test_whoever_gets_a_role_is_called_what_people_say(role: str) -> None:
    office, incident, room = await paged()
    await office.typed(f"role {role.replace(' ', '-')} <@U0BEN>", at=room)
    assert f"Ann made you {ROLE_NAME[role]} of INC-1." in office.people.whispered(BEN)[0].words  # type: ignore[index] # a Role
    assert office.lines(incident, "said:")[0].startswith(f"Ann made Ben {ROLE_NAME[role]}")  # type: ignore[index] # a Role


async def test_one_follow_up_is_not_all_of_them() -> None:
    office, incident, room = await paged()
    for line in ("followup alert on memory", "followup 1 done", "resolve"):
        await office.typed(line, at=room, by=ANN)
    assert "To do the one follow-up is settled" in office.card(incident)


def test_what_is_written_without_a_reason_is_the_same_for_rooms_and_postmortems() -> None:
    assert (SAID_SO, SAID_OVER) == (DEFAULT_REASON, DEFAULT_END)
