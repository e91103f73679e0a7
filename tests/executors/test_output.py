"""Output in bounded memory: whatever comes in whatever pieces, no secret and no more than asked."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.executors._masks import Masks
from opsbot.executors._output import ALL_TOLD, Kept, Output
from opsbot.executors._plain_text import plain
from tests.executors.contract import one_line

TOKEN = "QWERTZUIOP-0123456789-YXCVBNM"
KEY = "-----BEGIN KEY-----\nASDFGHJKLASDFGHJKLASDFGHJKL\nPOIUZTREWQPOIUZTREWQ\n-----END KEY-----\n"
MASKS = Masks({"token": TOKEN, "key": KEY})


def kept(
    chunks: Sequence[bytes], limit: int = 65_536, all_told: int = ALL_TOLD
) -> tuple[Kept, list[str]]:
    told: list[str] = []
    output = Output(limit, MASKS, told.append, all_told=all_told)
    for chunk in chunks:
        output.feed(chunk)
    return output.finish(), told


def pieces(text: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The text in pieces of these sizes, the last size repeated."""
    found: list[bytes] = []
    at, turn = 0, 0
    while at < len(text):
        size = sizes[min(turn, len(sizes) - 1)]
        found.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return found


SIZES = st.lists(st.integers(1, 5_000), min_size=1, max_size=6)
FILLER = st.text("abc \n\r\té€\x1b[0m", max_size=30) | st.sampled_from(["a" * 9_000, "b\n" * 3_000])
TEXTS = st.lists(FILLER | st.sampled_from([TOKEN, KEY]), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, sizes=SIZES, limit=st.integers(0, 30_000), all_told=st.sampled_from([0, 9_000]))
def test_no_secret_comes_through_whole_or_cut(
    text: str, sizes: list[int], limit: int, all_told: int
) -> None:
    """Nor any part of one that is long enough to matter, at no cut."""
    result, told = kept(pieces(text.encode(), sizes), limit, all_told)
    shown = result.text + "\n" + "\n".join(told)
    for secret in (TOKEN, KEY.split("\n")[1]):
        assert not any(secret[at : at + 9] in shown for at in range(len(secret) - 8))
    assert len(result.text.encode()) <= limit
    assert all(one_line(line.replace("\t", " ")) for line in (*told, *result.text.split("\n")))


# An escape character that is the first of no sequence takes its neighbour along, here or there.
WHOLE = st.text("abc \n\r\té€", max_size=30) | st.sampled_from(["\x1b[0m", "a" * 9_000, TOKEN, KEY])


@settings(max_examples=100, deadline=None)
@given(text=st.lists(WHOLE, max_size=12).map("".join), sizes=SIZES)
def test_pieces_make_no_difference_to_what_is_kept_whole(text: str, sizes: list[int]) -> None:
    packed = text.encode()
    whole, told = kept([packed], 1_000_000)
    assert kept(pieces(packed, sizes), 1_000_000)[0] == whole
    assert not whole.cut
    assert [line for line in whole.text.split("\n") if line] == told or any(
        len(line) >= 2_000 for line in told
    )


@given(body=st.binary(max_size=300), sizes=SIZES)
def test_any_bytes_become_plain_text(body: bytes, sizes: list[int]) -> None:
    result, told = kept(pieces(body, sizes))
    assert all(one_line(line.replace("\t", " ")) for line in (*told, *result.text.split("\n")))


def test_the_beginning_and_the_end_are_kept_and_the_rest_is_counted() -> None:
    """An error stands at the end more often than not."""
    lines = [f"line {number}" for number in range(20_000)]
    result, told = kept(pieces("\n".join(lines).encode(), [8_192]), 4_096)
    first, last = result.text.split("\n")[0], result.text.split("\n")[-1]
    assert (first, last, result.cut, result.last_line) == (lines[0], lines[-1], True, lines[-1])
    (said,) = [line for line in result.text.split("\n") if line.startswith("[")]
    missing = len("\n".join(lines)) - len(result.text.replace(f"\n{said}\n", ""))
    shown = set(result.text.split("\n"))
    numbers = [int(word.replace(",", "")) for word in said[1:].split() if word[-1].isdigit()]
    assert said == f"[{missing:,} bytes in about {numbers[-1]:,} lines are not kept]"
    assert abs(numbers[-1] - sum(line not in shown for line in lines)) <= 2
    assert told == lines
    assert 4_096 * 0.9 < len(result.text) <= 4_096


def test_of_very_much_output_only_the_last_line_of_each_piece_is_told() -> None:
    """Lines that come one by one are still all told."""
    lines = [f"line {number}\n".encode() for number in range(500)]
    assert len(kept(lines, 100, all_told=200)[1]) == 500
    told = kept([b"".join(lines)] * 10, 100, all_told=200)[1]
    assert told[500:] == ["line 499"] * 9


def test_memory_does_not_grow_with_what_comes() -> None:
    output = Output(65_536, MASKS, lambda line: None)
    chunk = b"all work and no play makes for a long log\n" * 1_500
    for _ in range(20):
        output.feed(chunk)
    tracemalloc.start()
    try:
        for _ in range(2_000):
            output.feed(chunk)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert output.size > 100_000_000
    assert most < 400_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2\x1b\\text", "text"),
        ("\x9b2Jtext", "text"),
        ("\x1b]0;never closed", "0;never closed"),
        ("a\x08\x08b\x7f", "ab"),
        ("\u202eevil\u2066", "evil"),
        ("tab\there", "tab\there"),
        ("\ud800half", "half"),
    ],
)
def test_terminal_sequences_are_taken_out(written: str, read: str) -> None:
    assert plain(written) == read


def test_a_lone_carriage_return_ends_a_line() -> None:
    """A progress bar that draws over itself hides nothing."""
    assert kept([b"10%\r", b"20%\r\n", b"done\r"])[0].text == "10%\n20%\ndone"


def test_short_secrets_are_left_to_the_eye() -> None:
    """`on` as a secret would take every `on` out of every line."""
    assert Masks({"word": "on"}).apply("on and on") == "on and on"


def test_a_secret_is_known_inside_json_too() -> None:
    assert Masks({"key": 'a"b\nc"d'}).apply('{"k": "a\\"b\\nc\\"d"}') == '{"k": "[removed: key]"}'
