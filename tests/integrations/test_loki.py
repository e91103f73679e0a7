"""Loki: the contract, silence against each service's habit, paging, and line patterns."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.evidence import EvidenceKind, FindingKind, Health, SourceReport
from opsbot.core.moment import to_micros
from opsbot.integrations import Integration
from opsbot.integrations.loki import INTEGRATION
from opsbot.integrations.loki.onset import onsets
from opsbot.integrations.loki.patterns import template
from opsbot.integrations.loki.silence import gap_of, habit
from tests.integrations.contract import SourceContract
from tests.integrations.stage import NOW, ago, ask, outgoing, playing, source_of, wiring

SECOND = 1_000_000_000
Logged = tuple[float, str]  # minutes before NOW, text


def ns(at: datetime) -> int:
    return to_micros(at) * 1_000


def every(seconds: float, *, until: float = 0.0, back: float = 24 * 60) -> list[Logged]:
    """Lines at a steady pace, from `back` minutes before NOW until `until` minutes before."""
    count = int((back - until) * 60 / seconds)
    return [(until + (index + 0.5) * seconds / 60, "level=info served") for index in range(count)]


class Loki:
    """A small Loki: lines of each service, counted and filtered as the query says."""

    def __init__(self, services: Mapping[str, Sequence[Logged]], *, most: int = 5000) -> None:
        self.lines = {
            service: sorted((ns(ago(back)), text) for back, text in logged)
            for service, logged in services.items()
        }
        self.most = most

    async def __call__(self, request: web.Request) -> web.Response:
        given = request.query
        start, end = int(given["start"]), int(given["end"])
        if given["query"].startswith("sum by"):
            return self._answer("matrix", self._counts(given["query"], start, end))
        if int(given["limit"]) > self.most:
            return web.Response(status=400, text="max entries limit exceeded\n")
        return self._answer("streams", self._found(given, start, end))

    def _answer(self, kind: str, result: list[dict[str, Any]]) -> web.Response:
        data: dict[str, Any] = {"resultType": kind, "result": result, "stats": {}}
        return web.json_response({"status": "success", "data": data})

    def _counts(self, query: str, start: int, end: int) -> list[dict[str, Any]]:
        step = (60 if "[1m]" in query else 300) * SECOND
        found: list[dict[str, Any]] = []
        for service, lines in self.lines.items():
            values: list[list[Any]] = []
            for at in range(start, end + 1, step):
                count = sum(
                    at - step < line <= at and ("error" in text or "|~" not in query)
                    for line, text in lines
                )
                values += [[at // SECOND, str(count)]] if count else []
            if values:
                found.append({"metric": {"service": service}, "values": values})
        return found

    def _found(self, given: Mapping[str, str], start: int, end: int) -> list[dict[str, Any]]:
        query, direction, limit = given["query"], given["direction"], int(given["limit"])
        errors = "|~" in query
        newest_first = direction == "backward"
        chosen = sorted(
            (
                (at, service, text)
                for service, lines in self.lines.items()
                for at, text in lines
                if start <= at < end and ("error" in text or not errors) and service in query
            ),
            reverse=newest_first,
        )[:limit]
        return [
            {
                "stream": {"service": service},
                "values": [[str(at), text] for at, name, text in chosen if name == service],
            }
            for service in {name for _, name, _ in chosen}
        ]


async def look(
    services: Mapping[str, Sequence[Logged]], *, loki: Callable[..., Any] = Loki, **settings: Any
) -> SourceReport:
    async with playing(loki(services)) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url, **settings}, wiring(http))
        return await source.collect(ask(*services))


class TestLokiContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.LOGS

    async def good(self, request: web.Request) -> web.StreamResponse:
        busy = every(30, back=180)
        failing = [(float(minute), "level=error msg=refused") for minute in range(8)]
        return await Loki({"checkout-api": busy, "auth-api": busy + failing})(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return await Loki({})(request)


async def test_a_chatty_service_that_stopped_is_stale_since_its_last_line() -> None:
    """The sentence says since when and what is usual; the time is that of the newest line."""
    report = await look({"auth-api": every(10, until=186)})
    (gap,) = report.gaps
    assert (report.health, gap.health) == (Health.STALE, Health.STALE)
    assert gap.reason == "no log line since 11:03 UTC, usually 6 a minute"
    assert gap.since is not None
    assert abs((gap.since - ago(186)).total_seconds()) < 10
    assert report.newest_at == gap.since


async def test_silence_of_the_few_leaves_the_source_fresh_with_gaps() -> None:
    """Only when most services are silent is the source itself called stale."""
    busy = every(30)
    report = await look({"a": busy, "b": busy, "c": every(30, until=60)})
    assert report.health is Health.FRESH
    assert [gap.service for gap in report.gaps] == ["c"]
    assert "logs of 1 service of 3 silent since 13:09 UTC: c" in report.reason


async def test_a_service_that_never_logged_is_sparse() -> None:
    """Never a line is another thing than no line any more."""
    report = await look({"a": every(30), "b": every(30), "quiet": []})
    (gap,) = report.gaps
    assert (gap.service, gap.health, gap.since) == ("quiet", Health.SPARSE, None)
    assert gap.reason == "no line in the last 24 h"


def minutes_counts(gaps: Sequence[int], lines: float = 1.0) -> dict[int, float]:
    """Counts in the buckets this many five-minute steps before NOW."""
    last = to_micros(NOW) // 1_000_000
    return {last - 300 * step: lines for step in gaps}


@pytest.mark.parametrize(
    ("buckets", "health"),
    [
        (minutes_counts(range(288), 600), None),  # logs to this minute
        (minutes_counts(range(4, 288), 600), Health.STALE),  # 20 minutes silent, 120 a minute
        (minutes_counts(range(1, 288), 600), None),  # one empty bucket is not silence
        (minutes_counts(range(7, 288, 12)), None),  # a line an hour, 35 minutes ago
        (minutes_counts(range(47, 288, 12)), Health.STALE),  # a line an hour, four hours ago
        (minutes_counts([200, 287]), None),  # two lines a day are no habit
        (minutes_counts(range(8, 288, 3), 2), None),  # every 15 minutes, 40 minutes silent
        (minutes_counts(range(2), 3) | minutes_counts(range(2, 288), 600), Health.SPARSE),
        (minutes_counts(range(2), 70) | minutes_counts(range(2, 288), 600), None),
        (minutes_counts(range(2), 0) | minutes_counts(range(2, 288), 1), None),
        ({}, Health.SPARSE),
    ],
)
def test_silence_is_judged_by_each_service_s_own_habit(
    buckets: dict[int, float], health: Health | None
) -> None:
    """A rare logger is not called stale for a quiet stretch; a chatty one is, soon."""
    known = habit("a", buckets, end=NOW, looked_back=timedelta(hours=24))
    gap = gap_of(known, None)
    assert (gap.health if gap else None) is health


@given(st.dictionaries(st.integers(0, 300), st.floats(0, 1e9), max_size=60))
def test_any_counts_are_judged(steps: dict[int, float]) -> None:
    """Whatever Loki counts, the habit is a number and the gap has a reason."""
    last = to_micros(NOW) // 1_000_000
    buckets = {last - 300 * step: lines for step, lines in steps.items()}
    known = habit("a", buckets, end=NOW, looked_back=timedelta(hours=24))
    gap = gap_of(known, None)
    assert gap is None or gap.reason
    assert known.newest_end is None or known.newest_end <= NOW


async def test_a_far_lower_rate_than_usual_is_sparse() -> None:
    """Some lines still arrive, but nearly all of them are missing."""
    report = await look({"a": [*every(1, until=12, back=120), (3.0, "level=info x")]})
    (gap,) = report.gaps
    assert gap.health is Health.SPARSE
    assert gap.reason == "only 1 line in the last 10 min, usually 60 a minute"


async def test_a_new_error_pattern_is_one_finding_with_count_and_example() -> None:
    """Lines that differ in ids and numbers only are one pattern, dated by the first."""
    failing = [
        (8 - index / 10, f'level=error msg="call failed" peer=b id={index:08x} took={index}ms')
        for index in range(40)
    ]
    report = await look({"a": every(60) + failing})
    (finding,) = report.findings
    assert finding.kind is FindingKind.LOG_PATTERN
    assert (finding.value, finding.before) == (40.0, 0.0)
    assert abs((finding.at - ago(8)).total_seconds()) < 1
    assert finding.summary.startswith('a: 40 lines like "level=error msg="call failed" peer=b')
    assert finding.summary.endswith("(none in the 30 min before)")


async def test_a_usual_error_pattern_is_told_only_when_it_multiplies() -> None:
    """What always fails is not news; three times as often is, dated by the minute it rose."""
    usual = [(float(minute), "error: cache miss 7") for minute in range(60)]
    burst = [(10 - index / 20, "error: cache miss 9") for index in range(100)]
    assert (await look({"a": usual})).findings == ()
    (finding,) = (await look({"a": usual + burst})).findings
    assert finding.before == pytest.approx(30, abs=1.5)
    assert abs((finding.at - ago(10)).total_seconds()) < 61


async def test_hostile_lines_are_shown_inert() -> None:
    """Colours, reordering marks and line breaks of a log line reach nobody."""
    line = "\x1b[31merror\x1b[0m panic \u202e evil\nsecond line <!channel>"
    (finding,) = (await look({"a": [*every(60), (5.0, line)]})).findings
    assert "\x1b" not in finding.summary
    assert "\u202e" not in finding.summary
    assert "\n" not in finding.summary


async def test_pages_overlap_by_one_timestamp_and_count_no_line_twice() -> None:
    """Loki has no page token, and many lines may share one nanosecond."""
    at_once = [5.0] * 7
    times = at_once + [6.0 + index / 10 for index in range(20)]
    failing = [(at, f"error {index}") for index, at in enumerate(times)]
    report = await look({"a": every(60) + failing}, line_limit=10, max_pages=9)
    assert [finding.value for finding in report.findings] == [27.0]
    assert report.truncated == ""


async def test_paging_is_bounded_and_counts_by_the_minute_tell_when_it_began() -> None:
    """The newest lines alone would date every pattern by the last page."""
    failing = [(20 - index / 10, f"error {index}") for index in range(190)]
    report = await look({"a": every(60) + failing}, line_limit=10, max_pages=3)
    (finding,) = report.findings
    assert "at least 38 lines" in finding.summary  # 28 newest, 10 from where it began
    assert abs((finding.at - ago(20)).total_seconds()) <= 60
    assert report.truncated == "only the newest 28 error lines up to 14:10 UTC"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (dict.fromkeys(range(12), 30), 12),
        (dict.fromkeys(range(60), 30), None),  # always that many
        (dict.fromkeys(range(2, 12), 30), 12),  # the newest minutes are not complete yet
        ({back: 30 for back in range(12) if back != 5}, 12),  # one calm minute
        (dict.fromkeys(range(20, 25), 30), None),  # over
        ({1: 2}, None),  # too few to say
    ],
)
def test_the_onset_is_where_the_present_stretch_began(
    minutes: dict[int, float], expected: int | None
) -> None:
    """Three times the usual count of a minute, up to now."""
    asked = ask("a")
    last = to_micros(NOW) // 1_000_000
    counts = {"a": {last - 60 * back: count for back, count in minutes.items()}}
    found = onsets(counts, before=asked.before, window=asked.window)
    assert found == ({} if expected is None else {"a": ago(expected)})


async def test_a_refused_day_of_counts_falls_back_to_three_hours() -> None:
    """A server that will not read the whole horizon still tells whether logs arrive."""

    class Small(Loki):
        async def __call__(self, request: web.Request) -> web.Response:
            if int(request.query["end"]) - int(request.query["start"]) > 4 * 3600 * SECOND:
                return web.Response(status=400, text="the query would read too many bytes\n")
            return await super().__call__(request)

    report = await look({"a": every(30, until=40)}, loki=Small)
    assert report.health is Health.STALE
    assert (
        "no line counts (Loki answered 400: the query would read too many bytes)" in report.reason
    )
    assert "told from the last 3 h only" in report.truncated


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("took 31 ms for 10.0.0.7:443", "took 4 ms for 10.0.1.9:80", True),
        (
            "id 6f1e2b30-58e4-4a1c-9a36-6b1b8e0d1a01 gone",
            "id 00000000-58e4-4a1c-9a36-6b1b8e0d1a02 gone",
            True,
        ),
        ('user "ann" unknown', 'user "bob" unknown', True),
        ('msg="no answer"', 'msg="bad token"', False),  # a logfmt message is not data
        ("2026-03-04T14:00:01.123Z error x", "2026-03-04 14:00:02,5 error x", True),
        ("pod web-7d9f8c6b5-x2x9z died", "pod web-6c8d7b5a4-q1w2e died", True),
        ("connection refused", "connection reset", False),
        ("call to oauth2 failed", "call to s3 failed", False),  # one digit is part of a name
        (
            json.dumps({"msg": "refused 7", "ts": 1, "trace": "ab12"}),
            json.dumps({"ts": 2, "msg": "refused 8", "extra": {"a": 1}}),
            True,
        ),
        (json.dumps({"msg": "refused"}), json.dumps({"msg": "reset"}), False),
    ],
)
def test_lines_are_alike_when_they_differ_in_data_only(one: str, other: str, same: bool) -> None:
    """Ids, numbers, times and quoted text are data; words are not."""
    assert (template(one) == template(other)) is same


@pytest.mark.parametrize("piece", ["_", "-a", "a1-_", '"', "'a", "0.", "1:", "f0-", "2026-"])
def test_a_long_line_is_masked_in_no_time(piece: str) -> None:
    """Log lines come from anybody: none may keep the bot busy."""
    started = time.perf_counter()
    template("e1 " + piece * 5_000)
    assert time.perf_counter() - started < 0.2


@given(st.text(max_size=3000))
def test_any_line_has_a_template(line: str) -> None:
    """Masking never fails and never leaves a line break."""
    assert "\n" not in template(line)
