"""Alt text: what the picture shows, short enough for Slack, and inert."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from opsbot.core.alt_text import LONGEST, alt_text
from opsbot.core.picture import Chart, Mark, MarkKind, Picture
from opsbot.core.text import inert
from tests.drawing.samples import HOSTILE, PAGE, RISE, TRACE, at, chart, series


def test_a_chart_says_from_what_to_what_since_when() -> None:
    """Quantity, service, window in UTC, the value before and after the onset, the marks."""
    assert alt_text(PAGE) == (
        "Error share of auth-api, 13:40 to 14:10 UTC: from 0.2 % before 13:56 (onset) to 30 % at"
        " 13:56, 30 % at the end. Memory of auth-api: steady at 238 MiB, limit changed from"
        " 511 MiB to 256 MiB at 13:56, now 93 % of its limit. Marked: deploy v2.14 at"
        " 13:55; onset at 13:56; paged at 14:08; now at 14:10."
    )


def test_without_an_onset_it_says_between_what_and_what() -> None:
    assert alt_text(chart(series(*((n, 0.001 * (n % 3)) for n in range(31))))) == (
        "Error share of auth-api, 13:40 to 14:10 UTC: between 0 % and 0.2 %, 0 % at the end."
    )


def test_what_falls_away_is_told_by_its_lowest_value() -> None:
    """Traffic that vanishes departs downwards."""
    falls = series(
        *((n, 100.0 if n < 10 else 5.0 if n < 20 else 60.0) for n in range(31)),
        name="requests", unit="per_s",
    )  # fmt: skip
    assert "from 100 /s before 13:50 (onset) to 5 /s at 13:50, 60 /s at the end" in alt_text(
        chart(falls, onset=at(10))
    )


def test_the_fall_is_told_once_it_stays() -> None:
    """Since when it is near the usual again; a single good sample at the end is none yet."""
    fell = series(*((n, 0.002 if n < 10 or n >= 22 else 0.3) for n in range(31)))
    told = alt_text(chart(fell, onset=at(10)))
    assert "to 30 % at 13:50, near the usual again from 14:02 on, 0.2 % at the end" in told
    brief = series(*((n, 0.002 if n < 10 or n == 30 else 0.3) for n in range(31)))
    assert "to 30 % at 13:50, 0.2 % at the end" in alt_text(chart(brief, onset=at(10)))


def test_of_a_limit_it_is_now_until_it_is_over() -> None:
    full = series(*((n, 250.0 * 2**20) for n in range(31)), name="memory", unit="bytes",
                  limit=256.0 * 2**20)  # fmt: skip
    over = Mark(at=at(29), kind=MarkKind.RESOLVED, label="resolved")
    assert "at the end 98 % of its limit. Marked: resolved at 14:09." in alt_text(
        chart(full, marks=(over,))
    )


def test_missing_data_is_said() -> None:
    """Holes with their times, and a series without a single point."""
    holed = replace(RISE, points=tuple(p for p in RISE.points if not at(5) < p[0] < at(12)))
    assert "no data 13:45 to 13:52 UTC" in alt_text(chart(holed))
    assert alt_text(chart(series())).endswith("13:40 to 14:10 UTC: no data.")
    assert alt_text(Chart(title="logins", series=())) == "Chart without data: logins."


def test_a_limit_that_stands_is_said_with_its_value() -> None:
    full = series(*((n, 250.0 * 2**20) for n in range(31)), name="memory", unit="bytes",
                  limit=256.0 * 2**20)  # fmt: skip
    assert "steady at 250 MiB, limit 256 MiB, now 98 % of its limit." in alt_text(chart(full))


def test_a_waterfall_says_what_fails_and_who_does_not_answer() -> None:
    assert alt_text(TRACE) == (
        "Failing request, edge: POST /login, 2026-03-04 14:00:00 UTC: 4 calls of edge, auth-api,"
        " cart and sessions in 2.1 s. edge, POST /login, fails after 2.1 s. auth-api, GET /check,"
        " fails after 2.05 s (no session). sessions, called by auth-api, gets no answer after 2 s."
    )


def test_a_waterfall_without_failure_names_its_longest_call() -> None:
    calm = tuple(replace(s, failed=False, unanswered=False) for s in TRACE.waterfall.spans)
    told = alt_text(replace(TRACE, waterfall=replace(TRACE.waterfall, spans=calm, left_out=3)))
    assert "3 more calls not drawn" in told
    assert told.endswith("No call failed; the longest is edge, POST /login, takes 2.1 s.")


def test_a_chart_over_midnight_says_the_days() -> None:
    late = Mark(at=at(900), kind=MarkKind.NOW, label="now")
    told = alt_text(replace(chart(RISE, marks=(late,)), window=None))
    assert "2026-03-04 13:40 to 2026-03-05 04:40 UTC" in told
    assert "now at 2026-03-05 04:40" in told


@given(HOSTILE)
def test_any_picture_has_alt_text_that_is_short_and_inert(picture: Picture) -> None:
    """Never empty, never over Slack's bound, one line, nothing hidden or reordered in it."""
    told = alt_text(picture)
    assert 0 < len(told) <= LONGEST < 2_000
    assert "\n" not in told
    assert "\u202e" not in told
    assert "\x00" not in told
    assert inert(told, 5_000) == told
