"""A private incident is known in its own room, to its own people, and nowhere else.

Its words are canaries that stand nowhere by themselves; then everything opsbot writes to is looked
through. They may stand in the record's table `bodies`, in the private room, and in what is shown
to its members alone. A source of evidence is asked about a service by that service's name.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from opsbot.core.entry import Visibility
from opsbot.sandbox.slack.model import Channel, Message
from tests.stories import leaks
from tests.stories.actor import Actor
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre

TITLE, NOTE, IMPACT, SERVICE = "zebratitle", "okapinote", "lemurimpact", "tapirservice"
REASON, PIN = "ibexreason", "gnupinned"
WORDS = (TITLE, NOTE, IMPACT, REASON, PIN)
CANARIES = (*WORDS, SERVICE)
EXPORTER = InMemorySpanExporter()
CATALOGUE: dict[str, Any] = {"services": [{"name": SERVICE}]}


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Every span of the test; a process has one provider, so it is added to."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    EXPORTER.clear()
    return EXPORTER


async def _declared(play: Theatre, who: Actor) -> Channel:
    """A private incident with all its words, worked on until its room shows them."""
    told = await who.ask(f'declare "the {TITLE} burns" sev1 {SERVICE} --private --lead')
    assert "a private room" in told
    await play.until(lambda: bool(play.messages("card")), "the card in the private room")
    room = play.workspace.channels[play.messages("card")[0].channel]
    await play.until(lambda: who.id in room.members, "its declarer inside")
    await who.ask(f'note "the {NOTE} says it all"', room.id)
    await who.ask(f'impact "{IMPACT} for everybody" since -10m', room.id)
    await who.ask(f"severity sev2 {REASON}", room.id)
    ts = await who.say(f"a word about {PIN}", room)
    await play.stage.slack.people.react(who.id, room.id, ts, "pushpin")
    for words in ("timeline", "evidence", "status", "why", "", "help", "list"):
        await who.ask(words, room.id)
    assert TITLE in await who.home()
    await play.until(lambda: "white_check_mark" in room.messages[ts].reactions, "the pin's tick")
    await play.until(lambda: NOTE in play.said(room.id), "the timeline in the room")
    return room


async def _nosy(who: Actor) -> None:
    """Somebody who was not brought in looks everywhere they can."""
    for words in ("list", "help", "", "status INC-1", "timeline INC-1", "evidence INC-1",
                  "why INC-1", "INC-1", "here INC-1", "help status"):  # fmt: skip
        await who.ask(words)
    await who.home()


@pytest.mark.timeout(90)
async def test_its_words_stand_in_its_room_and_in_the_records_bodies_alone(
    database_url: str, tmp_path: Path, spans: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="opsbot")
    store, by_socket = stored_in(database_url), both_doors(database_url)
    folder = tmp_path / "s"
    async with theatre(folder, environ=store, by_socket=by_socket, **CATALOGUE) as play:
        robin, noor = play.as_person("robin"), play.as_person("noor")
        room = await _declared(play, robin)
        assert room.is_private
        await _nosy(noor)
        assert (await play.numbered(1)).visibility is Visibility.PRIVATE
        seen = {
            f"{name} sees {place}": said
            for name in ("noor", "kim", "sam")
            for place, said in leaks.slack_seen_by(play, play.as_person(name).id).items()
        }
        told = {"told to noor": "\n".join(one.text for one in noor.told)}
        shown = leaks.slack_seen_by(play, robin.id)
        assert {word for word in CANARIES for said in shown.values() if word in said} == {
            *CANARIES
        }, "they are found where they do stand"
        calls = leaks.slack_calls(play, but_in=room.id, but_to=(robin.id,))
        await robin.ask("resolve", room.id)
        elsewhere = leaks.asked_elsewhere(play)
        doors = await leaks.doors(play)
        printed = {} if by_socket else await _command_lines(play)  # they differ in no store
        rows = leaks.tables(play)
        raw: dict[str, str] = {}
        await play.restart(
            meanwhile=lambda: raw.update(leaks.files(folder / "data", but="record.db"))
        )
    ended = spans.get_finished_spans()
    traced = {f"span {n} {s.name}": f"{s.attributes} {s.status}" for n, s in enumerate(ended)}
    spoken = {"log": caplog.text, "its name": room.name}
    assert "Slack knows us" in caplog.text
    assert {"slack.open_channel", "flow converge"} <= {span.name for span in ended}
    assert (
        leaks.leaks(CANARIES, {**seen, **told, **calls, **doors, **raw, **traced, **spoken}) == []
    )
    assert leaks.leaks(CANARIES, rows) == sorted(f"bodies: {word}" for word in CANARIES)
    assert leaks.leaks(WORDS, {**elsewhere, **printed}) == []


async def _command_lines(play: Theatre) -> dict[str, str]:
    """What the tasks of the command line print beside a running opsbot."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    environ = {**kept, **play.stage.secrets, "PORT": str(play.stage.bot.port)}

    async def run(word: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *play.stage.command(word), env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert said, f"opsbot {word} printed nothing"
        return said.decode()

    words = ("check", "inbox")
    said = await asyncio.gather(*(run(word) for word in words))
    return {f"opsbot {word}": text for word, text in zip(words, said, strict=True)}


ABOUT = (
    "status {}", "timeline {}", "why {}", "note {} a word", "lead {}", "lead {} nobody", "sev1 {}",
    "severity {} sev1", "impact {} all of it", "resolve {}", "redact {} #3 because", "undo {} #3",
    "evidence {}", "logs {}", "room {}", "here {}", "menu {}", "{}",
)  # fmt: skip
PRESSED = (
    "lead:ack=yes", "lead:person=me", "impact", "resolve", "resolve:closure=fixed", "keep", "note",
    "severity", "menu", "status", "timeline", "why", "room", "undo:entry=3", "redact",
)  # fmt: skip


async def test_its_guessed_number_is_answered_like_one_that_does_not_exist(tmp_path: Path):
    """By whoever was not brought in, typed or by mention; and nothing is done."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        room = await _declared_quickly(play)
        noor = play.as_person("noor")
        for words in ABOUT:
            private = (await noor.ask(words.format("INC-1"))).text
            nothing = (await noor.ask(words.format("INC-9"))).text
            assert private == nothing.replace("INC-9", "INC-1"), words
            assert TITLE not in private
        await noor.say("@opsbot resolve INC-1", play.stage.places.digest)
        assert "There is no INC-1 that you can see" in await noor.hears()
        assert not [x for x in await play.entries(1) if x.actor.id == f"slack:{noor.id}"]
        assert noor.id not in room.members


async def test_a_button_with_its_guessed_id_is_answered_like_one_with_any_other(tmp_path: Path):
    """A claim that a button brings back is looked up like a typed number."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        await _declared_quickly(play)
        kim, noor = play.as_person("kim"), play.as_person("noor")
        await kim.ask('declare "Search is slow"')  # one that noor may know of
        incident = await play.numbered(1)
        forged = [_buttons(play, incident_id) for incident_id in (incident.id, "inc-no-such-one")]
        for action in PRESSED:
            private, nothing = [(await noor.presses(one, action)).text for one in forged]
            assert private == nothing, action
            assert TITLE not in private
        assert play.stage.slack.people.modal(noor.id) is None
        assert (await play.numbered(1)).human_acts == incident.human_acts


async def test_whoever_declares_the_same_is_not_shown_the_private_one(tmp_path: Path):
    """Nor does its number leave a mark on lists: two were declared, one is shown."""
    async with theatre(tmp_path, **{**NO_EVIDENCE, **CATALOGUE}) as play:
        await _declared_quickly(play)
        noor = play.as_person("noor")
        assert "INC-2 is open" in await noor.ask(f'declare "the {TITLE} burns" {SERVICE}')
        assert "1 open incident" in await noor.ask("list")
        assert "1 open incident" in await noor.home()


async def test_its_own_people_are_told_wherever_they_ask(tmp_path: Path):
    """Who declared it and who leads it; others in the room only there."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        room = await _declared_quickly(play)
        robin, kim, noor = (play.as_person(name) for name in ("robin", "kim", "noor"))
        assert TITLE in await robin.ask("status INC-1")
        await robin.ask("lead @kim.example", room.id)
        await play.until(lambda: kim.id in room.members, "the new lead brought in")
        assert TITLE in await kim.ask("status INC-1")
        await play.stage.slack.people.invite(robin.id, room.id, [noor.id])
        assert TITLE in await noor.ask("status", room.id)
        assert "There is no INC-1 that you can see" in await noor.ask("status INC-1")


async def _declared_quickly(play: Theatre) -> Channel:
    robin = play.as_person("robin")
    await robin.ask(f'declare "the {TITLE} burns" --private')
    await play.until(lambda: bool(play.messages("card")), "the card in the private room")
    room = play.workspace.channels[play.messages("card")[0].channel]
    await play.until(lambda: bool(room.pins) and robin.id in room.members, "all of it")
    return room


def _buttons(play: Theatre, incident_id: str) -> Message:
    """A message of ours whose buttons claim to be about an incident."""
    rows = [PRESSED[:8], PRESSED[8:]]
    blocks = [
        {"type": "actions", "block_id": f"row{number}", "elements": [
            {"type": "button", "action_id": f"opsbot:{action}", "value": incident_id,
             "text": {"type": "plain_text", "text": action}}
            for action in row
        ]}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    digest = play.workspace.channels[play.stage.places.digest]
    return play.workspace.post(
        digest, user=play.workspace.bot_user_id, text="buttons", blocks=blocks
    )
