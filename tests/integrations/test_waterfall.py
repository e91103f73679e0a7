"""A trace as rows: order, depth, what is one row, and what a large or broken trace leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.series import MOST_SPANS, Waterfall
from opsbot.integrations.tempo.spans import Span
from opsbot.integrations.tempo.waterfall import waterfall_of
from tests.integrations.stage import ago
from tests.integrations.test_tempo import LOGIN, span


def drawn(*spans: Span) -> Waterfall:
    found = waterfall_of(spans, {"auth-api": "auth"}, trace_id="ab")
    assert found is not None
    return found


def rows(*spans: Span) -> list[tuple[str, int]]:
    return [(row.service, row.depth) for row in drawn(*spans).spans]


def test_a_call_and_its_answer_are_one_row() -> None:
    """A caller's own span of a call is left out when the callee tells the same."""
    assert rows(*LOGIN) == [
        ("account-api", 0),
        ("auth", 1),
        ("session-validation", 2),
        ("user-directory", 2),
    ]


def test_an_unanswered_call_is_a_row_of_the_one_that_did_not_answer() -> None:
    """Nobody else tells of it; the caller's words are kept."""
    silent = drawn(*LOGIN).spans[2]
    assert (silent.name, silent.unanswered, silent.failed) == ("called by auth", True, True)
    assert silent.length == pytest.approx(2.0)


def test_a_call_that_was_answered_badly_is_not_unanswered() -> None:
    """A database without spans of its own that answered with an error."""
    call = span(2, 1, "auth-api", kind="client", peer="postgres", answered="500")
    bad = drawn(span(1, 0, "auth-api"), call).spans[1]
    assert (bad.service, bad.unanswered, bad.note) == ("postgres", False, "answered with 500")


def test_a_caller_that_gave_up_on_a_callee_that_went_well_is_its_own_row() -> None:
    """Both sides disagree, and both are shown."""
    call = span(2, 1, "auth-api", kind="client", peer="users")
    callee = span(3, 2, "users", failed=False)
    assert rows(span(1, 0, "auth-api"), call, callee) == [("auth", 0), ("auth", 1), ("users", 2)]


def test_times_count_from_the_first_span_whichever_clock_it_had() -> None:
    """A child whose clock is behind begins first, and nothing begins before nothing."""
    early = replace(span(2, 1, "auth-api"), start_ns=span(0, 0, "x").start_ns - 50_000_000)
    found = drawn(span(1, 0, "edge"), early)
    assert [row.start for row in found.spans] == pytest.approx([0.051, 0.0])
    assert abs((found.at - ago(5)).total_seconds()) < 1


def test_of_a_large_trace_the_way_to_the_failure_stays() -> None:
    """Sixty rows, the failing one and its callers among them, and a count of the rest."""
    wide = [span(n, 1, f"s{n}", failed=False) for n in range(10, 150)]
    deep = [span(200, 149, "a", failed=False), span(201, 200, "b"), span(202, 149, "c")]
    found = drawn(span(1, 0, "edge", failed=False), *wide, *deep)
    kept = [row.service for row in found.spans]
    assert len(kept) == MOST_SPANS
    assert found.left_out == 1 + len(wide) + len(deep) - MOST_SPANS
    assert {"edge", "s149", "a", "b", "c"} <= set(kept)
    assert kept[0] == "edge"


def test_a_trace_without_times_is_no_waterfall() -> None:
    assert waterfall_of([], {}, trace_id="ab") is None
    assert waterfall_of([replace(span(1, 0, "a"), start_ns=0)], {}, trace_id="ab") is None


SPANS = st.lists(
    st.builds(
        Span,
        id=st.sampled_from("abcdef"),
        parent=st.sampled_from(("", *"abcdefz")),
        service=st.text(max_size=3),
        name=st.text(max_size=3),
        kind=st.sampled_from(("client", "server", "internal", "")),
        start_ns=st.integers(-5, 10**20),
        end_ns=st.integers(-5, 10**20),
        failed=st.booleans(),
        peer=st.sampled_from(("", "b")),
    ),
    max_size=12,
)


@given(SPANS)
def test_whatever_calls_whom_there_are_rows_in_order(spans: list[Span]) -> None:
    """Circles, lost parents and doubled ids: depth grows one at a time, no time is negative."""
    found = waterfall_of(spans, {}, trace_id="ab")
    depth = -1
    for row in found.spans if found else ():
        assert 0 <= row.depth <= depth + 1
        assert row.start >= 0
        assert row.length >= 0
        depth = row.depth
