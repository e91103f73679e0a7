"""Tempo: the contract, its several encodings, and where on its path a request fails."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.evidence import EvidenceKind, FindingKind, Health, SourceReport
from opsbot.core.moment import to_micros
from opsbot.integrations import Integration
from opsbot.integrations.tempo import INTEGRATION
from opsbot.integrations.tempo.failing_path import failure_in
from opsbot.integrations.tempo.source import chosen_traces
from opsbot.integrations.tempo.spans import Hit, Span, normal_id, read_trace
from tests.integrations.contract import SourceContract
from tests.integrations.stage import ago, ask, outgoing, playing, source_of, wiring


def ns(at: datetime) -> int:
    return to_micros(at) * 1_000


def span(
    number: int,
    parent: int,
    service: str,
    *,
    kind: str = "server",
    failed: bool = True,
    seconds: float = 0.1,
    **more: Any,
) -> Span:
    start = ns(ago(5)) + number * 1_000_000
    return Span(
        id=f"{number:016x}",
        parent=f"{parent:016x}" if parent else "",
        service=service,
        name=f"{kind} {service}",
        kind=kind,
        start_ns=start,
        end_ns=start + int(seconds * 1e9),
        failed=failed,
        **more,
    )


LOGIN = [  # account-api asks auth-api, which waits for session-validation in vain
    replace(span(1, 0, "account-api", seconds=2.2), name="POST /login"),
    span(2, 1, "account-api", kind="client", seconds=2.1, peer="auth-api"),
    span(3, 2, "auth-api", seconds=2.05),
    span(4, 3, "auth-api", kind="client", seconds=2.0, peer="session-validation"),
    span(5, 3, "user-directory", failed=False),
]


def sentence(spans: Sequence[Span]) -> str:
    failure = failure_in(spans, {})
    assert failure is not None
    return failure.sentence


def test_the_path_ends_at_the_one_that_does_not_answer() -> None:
    """A failed client span without a server span behind it was not answered."""
    failure = failure_in(LOGIN, {})
    assert failure is not None
    assert (failure.service, failure.unanswered) == ("session-validation", True)
    assert failure.sentence == (
        "POST /login: account-api > auth-api > session-validation;"
        " auth-api's call to session-validation got no answer after 2.0 s"
    )


def test_a_failure_inside_a_service_is_told_with_its_message() -> None:
    """The deepest failing span is a server's own: nobody further down is blamed."""
    inner = span(5, 4, "session-validation", message="pool exhausted\nat x.py:1")
    assert sentence([*LOGIN, inner]).endswith(
        "session-validation; session-validation fails in server session-validation:"
        " pool exhausted at x.py:1"
    )


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ({"answered": "503"}, "was answered with 503 after 2.0 s"),
        ({"answered": "gRPC status 7"}, "was answered with gRPC status 7 after 2.0 s"),
        ({"seconds": 0.25}, "got no answer after 250 ms"),
        ({"peer": ""}, "auth-api's call to an unnamed service got no answer"),
    ],
)
def test_a_failed_call_is_told_by_what_the_caller_noted(end: dict[str, Any], words: str) -> None:
    """An answer with an error status is an answer."""
    last: dict[str, Any] = {"seconds": 2.0, "peer": "session-validation"} | end
    assert words in sentence([*LOGIN[:3], span(4, 3, "auth-api", kind="client", **last)])


def test_a_callee_that_noted_no_error_is_not_called_silent() -> None:
    """The caller gave up although the callee was at work."""
    late = span(6, 4, "session-validation", failed=False, seconds=3)
    assert sentence([*LOGIN, late]).endswith("failed after 2.0 s, though the callee noted no error")


def test_an_error_that_was_caught_does_not_hide_the_one_that_failed_the_request() -> None:
    """A deeper failing span under a span that succeeded counts less."""
    handled = [
        span(7, 5, "cache", failed=False),
        span(8, 7, "cache", kind="client", failed=True, peer="cache-db"),
    ]
    failure = failure_in([*LOGIN, *handled], {})
    assert failure is not None
    assert failure.service == "session-validation"


def test_spans_that_point_at_each_other_end() -> None:
    """A broken instrumentation can make circles; and a missing root is no error."""
    circle = [span(1, 2, "a"), span(2, 1, "b"), span(3, 9, "c")]
    assert failure_in(circle, {}) is not None
    assert failure_in([replace(one, failed=False) for one in circle], {}) is None
    assert failure_in([], {}) is None


@given(
    st.lists(
        st.builds(
            span,
            number=st.integers(1, 6),
            parent=st.integers(0, 6),
            service=st.sampled_from(["a", "b", "", "c\u202e"]),
            kind=st.sampled_from(["server", "client", ""]),
            failed=st.booleans(),
        ),
        max_size=12,
    )
)
def test_any_shape_of_trace_is_survived(spans: list[Span]) -> None:
    """Traces come from everybody's instrumentation."""
    failure = failure_in(spans, {})
    assert failure is None or "\u202e" not in failure.sentence


@pytest.mark.parametrize(
    ("given_id", "digits", "expected"),
    [
        ("7a1d2dd4deaf177e0acf55b3c49032", 32, "007a1d2dd4deaf177e0acf55b3c49032"),
        ("6Lbf+fjUSyjxsivDvS9naA==", 32, "e8b6dff9f8d44b28f1b22bc3bd2f6768"),
        ("5B8EFFF798038103D269B633813FC60C", 32, "5b8efff798038103d269b633813fc60c"),
        ("kAf+pIRVStc=", 16, "9007fea484554ad7"),
        ("", 16, ""),
        ("not an id", 16, ""),
        ("00112233445566778899", 16, ""),
    ],
)
def test_ids_of_every_encoding_become_one(given_id: str, digits: int, expected: str) -> None:
    """Search drops zeros, trace answers use base64, OTLP hex."""
    assert normal_id(given_id, digits) == expected


@dataclass(frozen=True)
class Encoding:
    """How one Tempo version writes a trace."""

    key: str
    wrapped: bool
    base64_ids: bool
    names: bool  # enums as names, not numbers


ENCODINGS = [
    Encoding("resourceSpans", True, True, True),  # v2
    Encoding("batches", False, True, True),  # v1
    Encoding("resourceSpans", False, False, False),  # OTLP/JSON as specified
]
_NUMBERS = {"internal": 1, "server": 2, "client": 3}


def encoded(spans: Sequence[Span], how: Encoding, status: str = "COMPLETE") -> dict[str, Any]:
    def an_id(hex_id: str) -> str:
        raw = base64.b64encode(bytes.fromhex(hex_id)).decode()
        return raw if how.base64_ids else hex_id

    def entry(one: Span) -> dict[str, Any]:
        code: Any = "STATUS_CODE_ERROR" if how.names else 2
        attributes = [
            {"key": "peer.service", "value": {"stringValue": one.peer}},
            {"key": "http.response.status_code", "value": {"intValue": one.answered or "0"}},
        ]
        return {
            "spanId": an_id(one.id),
            "parentSpanId": an_id(one.parent) if one.parent else "",
            "name": one.name,
            "kind": f"SPAN_KIND_{one.kind.upper()}" if how.names else _NUMBERS[one.kind],
            "startTimeUnixNano": str(one.start_ns),
            "endTimeUnixNano": str(one.end_ns),
            "status": {"code": code} if one.failed else {},
            "attributes": attributes,
        }

    batches = [
        {
            "resource": {
                "attributes": [{"key": "service.name", "value": {"stringValue": one.service}}]
            },
            "scopeSpans": [{"spans": [entry(one)]}],
        }
        for one in spans
    ]
    trace = {how.key: batches}
    return {"trace": trace, "status": status, "message": "too big"} if how.wrapped else trace


@pytest.mark.parametrize("how", ENCODINGS, ids=["v2", "v1", "otlp"])
def test_one_trace_in_every_encoding_gives_one_tree(how: Encoding) -> None:
    """Wrapped or not, base64 or hex, names or numbers: the same spans."""
    spans, partial = read_trace(encoded(LOGIN, how))
    assert (spans, partial) == (LOGIN, "")


def hit_json(trace: int, *, minutes: float, root: str = "POST /login") -> dict[str, Any]:
    attributes = [
        {"key": "service.name", "value": {"stringValue": "auth-api"}},
        {"key": "peer.service", "value": {"stringValue": "session-validation"}},
    ]
    return {
        "traceID": f"{trace:x}",  # without leading zeros, as Tempo's search does
        "rootServiceName": "account-api",
        "rootTraceName": root,
        "startTimeUnixNano": str(ns(ago(minutes))),
        "spanSets": [{"spans": [{"spanID": "1", "attributes": attributes}], "matched": 1}],
    }


class Tempo:
    """A small Tempo: failing traces, others, and one trace for every id."""

    def __init__(self, failing: Sequence[float] = (), others: Sequence[float] = ()) -> None:
        self.failing, self.others = failing, others
        self.trace_status = "COMPLETE"
        self.knows_v2 = True

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path == "/api/search":
            return web.json_response({"traces": self._found(request), "metrics": {}})
        if request.path.startswith("/api/v2/traces/") and self.knows_v2:
            assert len(request.path.rsplit("/", 1)[1]) == 32
            return web.json_response(encoded(LOGIN, ENCODINGS[0], self.trace_status))
        if request.path.startswith("/api/traces/"):
            return web.json_response(encoded(LOGIN, ENCODINGS[1]))
        return web.Response(status=404, text="404 page not found\n")

    def _found(self, request: web.Request) -> list[dict[str, Any]]:
        start, end = int(request.query["start"]), int(request.query["end"])
        all_of_them = [*self.failing, *self.others]
        ages = self.failing if "error" in request.query["q"] else all_of_them
        return [
            hit_json(0xABC000 + index, minutes=minutes)
            for index, minutes in enumerate(ages)
            if start <= ago(minutes).timestamp() <= end
        ]


async def look(tempo: Tempo, **settings: Any) -> SourceReport:
    async with playing(tempo) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url, **settings}, wiring(http))
        return await source.collect(ask("checkout-api", "auth-api"))


class TestTempoContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.TRACES

    async def good(self, request: web.Request) -> web.StreamResponse:
        return await Tempo(failing=range(1, 9))(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return await Tempo()(request)


async def test_traces_that_fail_alike_are_one_finding_with_counts() -> None:
    """Three traces are read; the searches tell how many more there are."""
    report = await look(
        Tempo(failing=(1, 2, 3, 4, 5)), link_template="https://g.example/t/{trace_id}"
    )
    (finding,) = report.findings
    assert finding.kind is FindingKind.FAILING_TRACE
    assert finding.service == "session-validation"
    assert "account-api > auth-api > session-validation" in finding.summary
    assert finding.summary.endswith(
        "; the same in 3 of 3 failing traces read"
        "; 5 failing traces found end there (none in the 30 min before)"
    )
    assert (finding.value, finding.before, finding.at) == (5.0, 0.0, ago(5))
    assert finding.link.startswith("https://g.example/t/00000000000000000000000000abc00")


async def test_traces_that_fail_as_often_as_before_are_no_finding() -> None:
    """Every system has some; that they are there, and no more than usual, is said."""
    report = await look(Tempo(failing=(1, 10, 20, 40, 50)))
    assert report.findings == ()
    assert report.reason == "3 failing traces found, not clearly more than before"
    assert len((await look(Tempo(failing=(*range(1, 11), 40)))).findings) == 1


async def test_without_earlier_traces_to_compare_with_the_failing_ones_count() -> None:
    """A part that fails takes its comparison with it, not the finding."""

    class Forgetful(Tempo):
        async def __call__(self, request: web.Request) -> web.Response:
            if int(request.query.get("end", 2**40)) < ago(29).timestamp():
                return web.Response(status=500, text="no blocks")
            return await super().__call__(request)

    report = await look(Forgetful(failing=(1,)))
    assert "(nothing earlier to compare with)" in report.findings[0].summary
    assert "no earlier failing traces" in report.reason


async def test_a_tempo_without_v2_is_asked_the_old_way() -> None:
    """404 on v2 leads to v1, whose answer is written differently."""
    tempo = Tempo(failing=range(1, 9))
    tempo.knows_v2 = False
    assert len((await look(tempo)).findings) == 1


async def test_a_partial_trace_is_named() -> None:
    """A trace too large for Tempo is used, and its being partial is said."""
    tempo = Tempo(failing=range(1, 9))
    tempo.trace_status = "PARTIAL"
    report = await look(tempo)
    assert report.findings
    assert "is partial (too big)" in report.reason


async def test_traces_that_stopped_are_stale_since_the_newest() -> None:
    """Nothing in the last minutes: the look back widens until there is a trace."""
    report = await look(Tempo(others=(100, 200)))
    assert (report.health, report.newest_at) == (Health.STALE, ago(100))
    assert "no trace since 12:30 UTC" in report.reason
    assert report.findings == ()


async def test_a_full_search_says_that_there_may_be_more() -> None:
    """Tempo gives the first traces it finds and no total."""
    report = await look(Tempo(failing=range(1, 9)), search_limit=8)
    assert report.truncated == "a search stopped at 8 failing traces"
    assert "at least 8 failing traces found end there" in report.findings[0].summary


async def test_one_trace_that_cannot_be_had_is_a_gap_beside_the_others() -> None:
    """What answered is reported."""

    class Losing(Tempo):
        async def __call__(self, request: web.Request) -> web.Response:
            if request.path.endswith("abc000"):
                return web.Response(status=500, text="boom")
            return await super().__call__(request)

    report = await look(Losing(failing=range(1, 9)))
    assert len(report.findings) == 1
    assert [gap.health for gap in report.gaps] == [Health.UNREACHABLE]
    assert "abc000 (Tempo answered 500: boom)" in report.reason


def test_the_traces_read_differ_and_go_through_the_paged_service_first() -> None:
    """Two requests of one kind are read only when there is no other kind."""

    def hit(name: str, minutes: float, *services: str) -> Hit:
        return Hit(
            trace_id=f"{name}{minutes}",
            start=ago(minutes),
            root=("edge", name),
            services=frozenset(services),
        )

    hits = [hit("a", 1), hit("a", 2), hit("b", 3), hit("c", 4, "checkout-api")]
    chosen = chosen_traces(hits, "checkout-api", 3)
    assert [one.root[1] for one in chosen] == ["c", "a", "b"]
