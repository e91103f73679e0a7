"""PromQL: values worked out by hand, and refusals worded as Prometheus words them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.promql import evaluate
from opsbot.sandbox.promql_ast import PromqlError
from opsbot.sandbox.promql_functions import histogram_quantile, number_text
from opsbot.sandbox.promql_vector import Column
from opsbot.sandbox.series import Matcher, Sample, Series

Labels = dict[str, str]


class Table:
    """Series by hand: sample i of each stands at 15 * i seconds; scrapes 0..40 exist."""

    def __init__(self, *rows: tuple[str, Labels, Sequence[Sample]]) -> None:
        self._series = [
            Series({"__name__": name, **labels}, self._samples(values))
            for name, labels, values in rows
        ]

    @staticmethod
    def _samples(values: Sequence[Sample]) -> Callable[[int, int], list[Sample]]:
        def samples(first: int, last: int) -> list[Sample]:
            return [values[i] if i < len(values) else None for i in range(first, last + 1)]

        return samples

    @property
    def interval(self) -> int:
        return 15

    def scrapes(self) -> tuple[int, int]:
        return 0, 40

    def select(self, matchers: Sequence[Matcher]) -> list[Series]:
        return [
            one
            for one in self._series
            if all(matcher.matches(one.labels.get(matcher.name, "")) for matcher in matchers)
        ]


STEADY = [100.0 + 30.0 * i for i in range(41)]
"""Two a second."""

REQUESTS = Table(
    ("requests", {"service": "a", "pod": "a-0", "code": "200"}, STEADY),
    ("requests", {"service": "a", "pod": "a-1", "code": "200"}, [10.0 * i for i in range(41)]),
    ("requests", {"service": "a", "pod": "a-0", "code": "500"}, [5.0 * i for i in range(41)]),
    ("requests", {"service": "b", "pod": "b-0", "code": "200"}, STEADY),
    ("limit", {"service": "a", "pod": "a-0", "resource": "memory"}, [200.0] * 41),
    ("used", {"service": "a", "pod": "a-0"}, [150.0] * 41),
    ("used", {"service": "a", "pod": "a-1"}, [10.0] * 41),
)


def values(query: str, *times: float, table: Table = REQUESTS) -> dict[str, list[Sample]]:
    """Results of a query by its labels, written name=value and joined by commas."""
    found: dict[str, list[Sample]] = {}
    for column in evaluate(query, table, times or (300.0,)):
        assert isinstance(column, Column)
        found[",".join(f"{k}={v}" for k, v in sorted(column.labels.items()))] = column.values
    return found


def test_rate_extrapolates_to_the_ends_of_the_window() -> None:
    """(210, 300] holds scrapes 15..20: 5 gaps of 15 s seen, 90 s covered; 2/s either way."""
    found = values('rate(requests{service="b"}[90s])')
    assert found == {"code=200,pod=b-0,service=b": [pytest.approx(2.0)]}


def test_increase_between_scrapes_covers_the_whole_window() -> None:
    """At 307 s scrapes 15..20 are seen; 13 s are missing in front of them, 7 s behind."""
    found = values('increase(requests{service="b"}[1m35s])', 307.0)
    assert found["code=200,pod=b-0,service=b"] == [pytest.approx(150.0 * (75 + 13 + 7) / 75)]


def test_a_reset_counts_what_came_before_it() -> None:
    """0, 30, 60, then restarted: 10, 40. Seen 100 over 60 s; half a gap is added on both sides."""
    table = Table(("c", {}, [0.0, 30.0, 60.0, 10.0, 40.0]))
    found = values("increase(c[5m])", 60.0, table=table)
    # The counter starts at zero, so nothing is extrapolated before its first sample.
    assert found == {"": [pytest.approx(100.0)]}


def test_one_sample_makes_no_rate() -> None:
    """There is no result, not a zero."""
    assert values("rate(c[20s])", 30.0, table=Table(("c", {}, [None, 1.0]))) == {}


def test_aggregations_keep_the_labels_they_are_told_to() -> None:
    """by names what stays, without what goes."""
    assert values("sum by (service) (rate(requests[1m]))") == {
        "service=a": [pytest.approx(2 + 2 / 3 + 1 / 3)],
        "service=b": [pytest.approx(2.0)],
    }
    assert values("count without (pod, code) (requests)") == {
        "service=a": [3.0],
        "service=b": [1.0],
    }
    assert values("max(used)") == {"": [150.0]}
    assert values("min(used) ") == {"": [10.0]}
    assert values("avg(used)") == {"": [80.0]}


def test_shares_pair_series_with_equal_labels() -> None:
    """Only a has errors; b has no left side and does not appear."""
    found = values(
        'sum by (service) (rate(requests{code=~"5.."}[1m])) / sum by (service) (rate(requests[1m]))'
    )
    assert found == {"service=a": [pytest.approx(1 / 9)]}


def test_on_pairs_by_the_named_labels_and_keeps_only_those() -> None:
    """The limit has a label more; the pod without a limit has no partner."""
    found = values('used / on (service, pod) limit{resource="memory"}')
    assert found == {"pod=a-0,service=a": [0.75]}
    assert values("used / ignoring (resource) limit") == {"pod=a-0,service=a": [0.75]}
    assert values("used / limit") == {}


def test_two_partners_are_an_execution_error() -> None:
    """Prometheus answers 422, it does not choose."""
    with pytest.raises(PromqlError, match="many-to-many matching not allowed") as refused:
        values("limit / on (service) used")
    assert (refused.value.status, refused.value.kind) == (422, "execution")
    with pytest.raises(PromqlError, match="must be explicit"):
        values("used / on (service) limit")


def test_comparisons_filter_and_with_bool_tell() -> None:
    """A filter keeps name and value."""
    assert values("used > 100") == {"__name__=used,pod=a-0,service=a": [150.0]}
    assert values("100 < used") == values("used > 100")
    assert values("used > bool 100") == {
        "pod=a-0,service=a": [1.0],
        "pod=a-1,service=a": [0.0],
    }
    assert values("used == 10") == {"__name__=used,pod=a-1,service=a": [10.0]}


def test_arithmetic_binds_as_in_school() -> None:
    """Products before sums, brackets first, signs anywhere."""
    assert evaluate("1 + 2 * 3 - -4 / (1 + 1)", REQUESTS, [0.0]) == [9.0]
    assert evaluate("1 / 0", REQUESTS, [0.0]) == [math.inf]
    assert values("-used{pod='a-1'} * 2") == {"pod=a-1,service=a": [-20.0]}


def test_quantiles_interpolate_inside_their_bucket() -> None:
    """Half of 10 lies in (0.1, 0.5]: 2 below, 6 inside; 0.1 + 0.4 * 3/6."""
    table = Table(
        ("h_bucket", {"le": "0.1"}, [2.0] * 41),
        ("h_bucket", {"le": "0.5"}, [8.0] * 41),
        ("h_bucket", {"le": "+Inf"}, [10.0] * 41),
    )
    assert values("histogram_quantile(0.5, h_bucket)", table=table) == {"": [pytest.approx(0.3)]}
    assert values("histogram_quantile(0.99, h_bucket)", table=table) == {"": [0.5]}


@pytest.mark.parametrize(
    ("quantile", "buckets", "expected"),
    [
        (0.5, [(0.1, 0.0), (math.inf, 0.0)], math.nan),  # nothing observed
        (0.5, [(0.1, 3.0), (0.5, 4.0)], math.nan),  # no +Inf bucket
        (0.5, [(math.inf, 4.0)], math.nan),  # only one bucket
        (-0.1, [(0.1, 1.0), (math.inf, 2.0)], -math.inf),
        (1.1, [(0.1, 1.0), (math.inf, 2.0)], math.inf),
        (0.25, [(0.1, 4.0), (math.inf, 4.0)], 0.025),  # first bucket starts at zero
        (0.5, [(0.1, 4.0), (0.5, 3.0), (math.inf, 4.0)], 0.05),  # not monotonic: made so
    ],
)
def test_quantiles_at_the_edges(
    quantile: float, buckets: list[tuple[float, float]], expected: float
) -> None:
    """As Prometheus' bucketQuantile."""
    assert histogram_quantile(quantile, buckets) == pytest.approx(expected, nan_ok=True)


def test_a_sample_counts_as_current_for_five_minutes() -> None:
    """Left-open: gone exactly 300 s later."""
    table = Table(("g", {}, [7.0] + [None] * 40))
    assert values("g", 0.0, 299.0, 300.0, table=table) == {"__name__=g": [7.0, 7.0, None]}


def test_timestamp_tells_when_the_sample_was_taken() -> None:
    """Not when it was asked for."""
    assert values("timestamp(used{pod='a-1'})", 44.0) == {"pod=a-1,service=a": [30.0]}


def test_absent_is_one_where_nothing_is() -> None:
    """Labels come from equality matchers."""
    assert values('absent(up{job="x",node=~"y"})') == {"job=x": [1.0]}
    assert values("absent(used)") == {}


def test_over_time_functions_look_at_every_sample_in_the_window() -> None:
    """(0, 60] of 0, 10, 20, 30, 40 leaves the last four."""
    table = Table(("g", {}, [0.0, 10.0, 20.0, 30.0, 40.0]))
    for name, expected in (
        ("avg", 25),
        ("min", 10),
        ("max", 40),
        ("sum", 100),
        ("count", 4),
        ("last", 40),
    ):
        assert values(f"{name}_over_time(g[1m])", 60.0, table=table) == {"": [expected]}


def test_offset_looks_back() -> None:
    """A minute ago there were four scrapes fewer."""
    found = values('requests{service="b"} offset 1m', 300.0)
    assert found["__name__=requests,code=200,pod=b-0,service=b"] == [STEADY[16]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "unexpected end of input"),
        ("sum(", "unexpected end of input"),
        ("rate(used)", 'expected type range vector in call to function "rate", got instant vector'),
        ("used[5m]", "invalid expression type"),
        ("{}", "at least one non-empty matcher"),
        ('{job=~".*"}', "at least one non-empty matcher"),
        ('used{job=~"("}', "error parsing regexp"),
        ("used{job}", "expected label matching operator"),
        ("foo(used)", "unknown function with name 'foo'"),
        ("topk(3, used)", "unknown function with name 'topk'"),
        ("topk by (pod) (3, used)", "does not evaluate 'topk'"),
        ("used and limit", "does not evaluate 'and'"),
        ("used % 2", "does not evaluate '%'"),
        ("(used ^ 2)", "does not evaluate '^'"),
        ("used / on (pod) group_left limit", "does not evaluate 'group_left'"),
        ("rate(used[5m:1m])", "subqueries are not evaluated"),
        ("used @ 5", "does not evaluate '@'"),
        ("1 > 2", "comparisons between scalars must use BOOL modifier"),
        ("1 + on (a) 2", "vector matching only allowed between instant vectors"),
        ("used + bool 2", "bool modifier can only be used on comparison"),
        ("histogram_quantile(used)", "expected 2 argument"),
        ("used offset", "expected duration"),
        ("sum by (service (used)", "grouping opts"),
        ("used $", "unexpected character"),
        ('"text"', "unexpected string"),
    ],
)
def test_what_is_not_evaluated_is_refused(query: str, said: str) -> None:
    """400 bad_data with a place in the query; never an empty success."""
    with pytest.raises(PromqlError) as refused:
        evaluate(query, REQUESTS, [300.0])
    assert said in str(refused.value)
    assert (refused.value.status, refused.value.kind) == (400, "bad_data")


def test_a_query_that_would_load_too_much_is_refused() -> None:
    """As query.max-samples does."""
    with pytest.raises(PromqlError, match="too many samples") as refused:
        evaluate("sum(rate(requests[5m]))", REQUESTS, [300.0], most_samples=60)
    assert refused.value.status == 422
    assert evaluate("sum(rate(requests[5m]))", REQUESTS, [300.0], most_samples=100)


@given(st.text(alphabet="abs_um{}()[]=\"~!<>+-*/,. 0159mby\\`'$^%\n", max_size=40))
def test_any_text_is_evaluated_or_refused(query: str) -> None:
    """Nothing else ever comes out of the parser."""
    with suppress(PromqlError):
        evaluate(query, REQUESTS, [300.0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.25, "0.25"),
        (1e-7, "0.0000001"),
        (1.5e22, "15000000000000000000000"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers_are_written_without_exponents(value: float, text: str) -> None:
    """strconv's 'f' format."""
    assert number_text(value) == text
