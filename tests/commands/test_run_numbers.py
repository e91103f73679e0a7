"""Numbers at and past their bounds, and hostile texts, by every way that somebody can ask in Slack,
mentions included: what comes through is inside the bounds and of its type, and every way gives the
same verdict in the same words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsbot.core.parameter import Problem
from opsbot.core.runbook import ParameterKind, RunParameter
from opsbot.core.runbook.argument import read_argument
from opsbot.slack.payloads_claims import words
from tests.commands.test_run_values import ANY, HOSTILE, escaped, heard, say
from tests.commands.works import Works

WAYS = ("form", "button", "typed", "mention")
WHOLE = say(RunParameter(name="what", kind=ParameterKind.INTEGER, minimum=-3, maximum=50))
SHARE = say(RunParameter(name="what", kind=ParameterKind.NUMBER, minimum=0.1, maximum=0.9))
SPAN = say(RunParameter(name="what", kind=ParameterKind.DURATION, minimum=60, maximum=7200))


async def arrived(way: str, book: Any, said: str) -> Any:
    """What the executor was handed; None when nothing was asked for."""
    got, _ = await answered(way, book, said)
    return got


async def answered(way: str, book: Any, said: str) -> tuple[Any, str]:
    """The same, with what the person was shown."""
    if way == "mention":
        return await mentioned(book, said)
    office, incident, call, told = await heard(way, book, said)
    assert call is not None or not await office.run_entries(incident)
    return call["argv"][1] if call is not None else None, told


async def mentioned(book: Any, said: str) -> tuple[Any, str]:
    """The same, said to `@opsbot` in the room."""
    office = Works(book)
    incident = await office.paged()
    room = incident.surface.channel_id
    shown = await office.mentioned(f'run say what="{escaped(said)}"', at=room)
    if shown is not None and "run:do-way=ask" in shown.actions:
        await office.press_in(shown, "run:do-way=ask")
    assert len(office.executor.acts) <= 1
    acts = office.executor.acts
    assert acts or not await office.run_entries(incident)
    return acts[0].call["argv"][1] if acts else None, shown.words if shown else ""


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(number=st.integers() | st.integers(-6, 53))
@example(number=-4)
@example(number=-3)
@example(number=50)
@example(number=51)
@example(number=2**63)
def test_a_whole_number_comes_through_exactly_when_it_is_inside(way: str, number: int) -> None:
    got = asyncio.run(arrived(way, WHOLE, str(number)))
    assert (got, type(got)) == ((number, int) if -3 <= number <= 50 else (None, type(None)))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(number=st.floats(allow_nan=False) | st.floats(0.05, 0.95))
@example(number=0.1)
@example(number=0.9)
@example(number=0.09999999999999999)
@example(number=0.9000000000000001)
@example(number=float("inf"))
@example(number=-0.0)
def test_a_number_comes_through_exactly_when_it_is_inside(way: str, number: float) -> None:
    """To the last digit of it, however it is written."""
    got = asyncio.run(arrived(way, SHARE, repr(number)))
    assert got == (number if 0.1 <= number <= 0.9 else None)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=20, deadline=None)
@given(length=st.integers(0, 10**7) | st.integers(50, 70) | st.integers(7190, 7210))
@example(length=59)
@example(length=60)
@example(length=7200)
@example(length=7201)
def test_a_length_of_time_comes_through_exactly_when_it_is_inside(way: str, length: int) -> None:
    got = asyncio.run(arrived(way, SPAN, f"{length}s"))
    assert got == (length if 60 <= length <= 7200 else None)


LONG = ("x" * 1_000_000, "\0" * 5_000, "ab\0", "\x1bc", "a\u2066b", "a\ufe0fb", "a\tb", "a\rb")


SAID = [  # only a double quote ends what a line quotes by it
    (way, said)
    for way in WAYS
    for said in (*HOSTILE, *LONG)
    if way in ("form", "button") or '"' not in said
]


@pytest.mark.parametrize(("way", "said"), SAID, ids=range(len(SAID)))
async def test_every_way_gives_the_same_verdict_in_the_same_words(way: str, said: str) -> None:
    """The text itself or a refusal, never one that was mended."""
    (parameter,) = ANY.parameters
    verdict = read_argument(parameter, words(said), ()) if said else None
    got, told = await answered(way, ANY, said)
    if isinstance(verdict, Problem):
        assert got is None
        # Slack's readers cut what is far too long, so that its length is told as less than it was.
        assert verdict.sentence.rpartition(" characters: ")[2].split("`")[0] in told
    else:
        assert got == verdict
