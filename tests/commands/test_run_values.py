"""What somebody types, picks or forges reaches an executor as the very same text, in one element;
or nothing is asked for at all. From the payload, through the real readers, to the call."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsbot.core.incident import Incident
from opsbot.core.runbook import Guard, ParameterKind, Risk, Runbook, RunParameter, Step
from opsbot.slack.payloads_claims import words
from tests.commands.forged import click
from tests.commands.office import ANN
from tests.commands.test_run_attacks import value
from tests.commands.works import Works, runbook

HOSTILE = (
    "a'b", 'a"b', "a\nb", "-rf", "--help", "$(rm -rf /)", "`id`", "{{ 7 * 7 }}", "${service}",
    "$${x}", "${run.id}", "a\0b", "../../etc/passwd", "a/../b", "..\\x", "; reboot", "&& x",
    "a b  c", " a ", "\u202eabc", "a\u200bb", "\ud800", "é", "e\u0301", "<@U0ANN>", "<!channel>",
    "<https://evil.example|x>", "&lt;b&gt;", "&amp;", "*", "~", "%00", "%2e%2e/", "a=b", "x" * 201,
    "\\u0000", "{\"$from\": \"a.b\"}", "$from", "${steps.a.b}", "\x1b[31mred", "true", "1e999", "",
    "service=auth-api", "INC-1", "do-confirm=x", "\u2028", "\x7f", "“a”", "’", "ﬁ", "𝒜", "🚀",
)  # fmt: skip
QUOTES = frozenset("'\"“”„‘’‚«» =")
texts = st.sampled_from(HOSTILE) | st.text(max_size=60) | st.text(
    alphabet="ab '\"\\$(){}`-=./<>&;|\n\t\0\u202e", max_size=30
)  # fmt: skip


def say(parameter: RunParameter, *call: str) -> Runbook:
    """A runbook that hands its one argument on, alone and inside a text."""
    return runbook(
        "say", risk=Risk.NONE, parameters=(parameter,), verification=None,
        guard=Guard(target="nothing"),
        steps=(Step(name="say", executor="fake", call={
            "do": "say", "argv": ["tell", "${what}", "<${what}>"], "env": {"WHAT": "${what}"},
        }),),
    )  # fmt: skip


ANY = say(RunParameter(name="what", kind=ParameterKind.STRING))


async def heard(way: str, book: Runbook, said: str) -> tuple[Works, Incident, Any, str]:
    """What the executor was asked for when somebody says it this way, and says yes to it: None for
    nothing. And what they were shown."""
    office = Works(book)
    incident = await office.paged()
    room = incident.surface.channel_id
    match way:
        case "typed":
            shown = await office.typed(f'run say what="{escaped(said)}"', at=room)
        case "bare":
            shown = await office.typed(f"run say {escaped(said)}", at=room)
        case "form":
            carries = (("do-form", "yes"), ("runbook", "say"))
            await office.pressed("run", incident.id, at=room, carries=carries)
            shown = await submitted(office, said)
        case _:
            carried = json.dumps({"i": incident.id, "v": {"runbook": "say", "what": said}})
            press = click(office, "run", carried, ANN, channel=room)
            assert press is not None
            await office.desk.after(press)
            shown = await office.ask(press)
    if shown is None:  # what is missing is asked for by a form
        assert office.form_of().title == "Run say"
        return office, incident, None, "What"
    if "run:do-way=ask" in shown.actions:
        await office.press_in(shown, "run:do-way=ask")
    assert len(office.executor.acts) <= 1
    calls = [act.call for act in office.executor.acts]
    return office, incident, calls[0] if calls else None, shown.words


async def submitted(office: Works, said: str) -> Any:
    """The form as it stands on the screen, with this in its field; what is then shown."""
    asked = office.slack.submitted(
        office.form_of(), {"what": said}, ANN, trigger=office.people.new_trigger(ANN)
    )
    return await office.ask(asked)


def escaped(said: str) -> str:
    """As Slack sends what somebody types (page "Formatting text for app surfaces")."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("way", ["form", "button", "typed", "bare"])
@settings(max_examples=30, deadline=None)
@given(said=texts)
@example(said="x" * 1_000_000)
@example(said="\0" * 5_000)
def test_any_text_comes_through_as_it_is_or_not_at_all(way: str, said: str) -> None:
    """No quoting, template or option is made of it; nothing is recorded where it is refused. Half a
    character is none: Slack's readers replace it before anybody looks."""

    async def check() -> None:
        office, incident, call, _ = await heard(way, ANY, said)
        if call is None:
            assert not await office.run_entries(incident)
            return
        got = call["argv"][1]
        assert call == {
            "do": "say", "argv": ["tell", got, f"<{got}>"], "env": {"WHAT": got}
        }  # fmt: skip
        marks = {"typed": {'"'}, "bare": QUOTES}.get(way)
        if marks is None:
            assert got == words(said).strip(" ")
        elif not set(marks) & set(said):
            assert got == (words(said).strip(" ") if way == "typed" else words(said).strip())
        assert not got.startswith("-")
        assert ".." not in got.replace("\\", "/").split("/")
        assert got.isprintable()

    asyncio.run(check())


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("way", ["form", "button"])
async def test_what_is_refused_is_told_why(way: str, said: str) -> None:
    """Somebody who typed it can see what to type instead."""
    _, _, call, told = await heard(way, ANY, said)
    if call is None:
        assert "What" in told


@pytest.mark.parametrize(
    "said", ["&lt;b&gt;", "&amp;lt;", "<@U0ANN>", "<!channel>", "<https://e.example|x>", "a&b"]
)
async def test_what_was_typed_is_decoded_once(said: str) -> None:
    """Slack escapes three characters; decoded twice, another text would come through."""
    _, _, call, _ = await heard("typed", ANY, said)
    assert call is not None
    assert call["argv"][1] == said


@pytest.mark.parametrize(
    ("fields", "said", "got"),
    [
        ({"kind": ParameterKind.INTEGER, "minimum": 1, "maximum": 5}, "1", 1),
        ({"kind": ParameterKind.INTEGER, "minimum": 1, "maximum": 5}, "5", 5),
        ({"kind": ParameterKind.INTEGER, "minimum": 1, "maximum": 5}, "0", None),
        ({"kind": ParameterKind.INTEGER, "minimum": 1, "maximum": 5}, "6", None),
        ({"kind": ParameterKind.INTEGER, "minimum": 1, "maximum": 5}, "-1", None),
        ({"kind": ParameterKind.INTEGER}, "9" * 16, None),
        ({"kind": ParameterKind.INTEGER}, "1e3", None),
        ({"kind": ParameterKind.INTEGER}, "1.0", None),
        ({"kind": ParameterKind.INTEGER}, "0x10", None),
        ({"kind": ParameterKind.INTEGER}, "١٢", None),  # digits of another script
        ({"kind": ParameterKind.INTEGER}, "1_000", None),
        ({"kind": ParameterKind.INTEGER}, "+7", 7),
        ({"kind": ParameterKind.NUMBER, "minimum": 0.1, "maximum": 0.9}, "0.1", 0.1),
        ({"kind": ParameterKind.NUMBER, "minimum": 0.1, "maximum": 0.9}, "0.9", 0.9),
        ({"kind": ParameterKind.NUMBER, "minimum": 0.1, "maximum": 0.9}, "0.09999999", None),
        ({"kind": ParameterKind.NUMBER, "minimum": 0.1, "maximum": 0.9}, "0.90000001", None),
        ({"kind": ParameterKind.NUMBER}, "nan", None),
        ({"kind": ParameterKind.NUMBER}, "inf", None),
        ({"kind": ParameterKind.NUMBER}, "1e999", None),
        ({"kind": ParameterKind.DURATION, "minimum": 60, "maximum": 7200}, "1m", 60),
        ({"kind": ParameterKind.DURATION, "minimum": 60, "maximum": 7200}, "2h", 7200),
        ({"kind": ParameterKind.DURATION, "minimum": 60, "maximum": 7200}, "59s", None),
        ({"kind": ParameterKind.DURATION, "minimum": 60, "maximum": 7200}, "7201s", None),
        ({"kind": ParameterKind.DURATION}, "99999999999h", None),
        ({"kind": ParameterKind.BOOLEAN}, "yes", True),
        ({"kind": ParameterKind.BOOLEAN}, "maybe", None),
        ({"kind": ParameterKind.CHOICE, "choices": ("a", "b")}, "b", "b"),
        ({"kind": ParameterKind.CHOICE, "choices": ("a", "b")}, "c", None),
        ({"kind": ParameterKind.STRING, "pattern": "[a-z]+"}, "abc", "abc"),
        ({"kind": ParameterKind.STRING, "pattern": "[a-z]+"}, "abc\0", None),
        ({"kind": ParameterKind.STRING, "pattern": "[a-z]+"}, "abc;", None),
        ({"kind": ParameterKind.STRING, "longest": 5}, "12345", "12345"),
        ({"kind": ParameterKind.STRING, "longest": 5}, "123456", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["button", "typed"])
async def test_bounds_are_kept_by_every_way(
    way: str, fields: dict[str, Any], said: str, got: Any
) -> None:
    _, _, call, _ = await heard(way, say(RunParameter(name="what", **fields)), said)
    found = call["argv"][1] if call is not None else None
    assert (found, type(found)) == (got, type(got))


async def test_a_field_that_no_parameter_has_is_refused() -> None:
    """A forged button cannot bring in more than the runbook asks for."""
    office = Works(ANY)
    incident = await office.paged()
    for name in ("argv", "what2", "steps", "secrets"):
        carried = value(incident.id, runbook="say", what="x", **{name: "y"})
        press = click(office, "run", carried, ANN, channel=incident.surface.channel_id)
        assert press is not None
        told = await office.ask(press)
        assert told is not None
        assert "has no" in told.words
    assert not office.executor.acts


async def test_what_a_preview_showed_is_what_is_carried_out() -> None:
    """The button brings arguments back as claims: other ones make another hash, and a preview."""
    office = Works(ANY)
    incident = await office.paged()
    room = incident.surface.channel_id
    shown = await office.typed("run say what=shown", at=room)
    assert shown is not None
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    carried = dict(ask.carries) | {"what": "swapped"}
    press = click(office, ask.action, value(incident.id, **carried), ANN, channel=room,
                  ephemeral=True)  # fmt: skip
    assert press is not None
    told = await office.ask(press)
    assert told is not None
    assert "has changed since you looked" in told.words
    assert not office.executor.acts
