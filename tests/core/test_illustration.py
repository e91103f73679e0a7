"""Which pictures an incident deserves, told from its findings and the exhibits at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import permutations
from types import MappingProxyType

import pytest

from opsbot.core.entry import Closure, Status
from opsbot.core.event import ServiceRef, Transition
from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    FindingKind,
    Health,
    SourceReport,
    Subject,
)
from opsbot.core.illustration import PAGE, TRACE, pictures, worth_showing
from opsbot.core.incident import Alert, Incident
from opsbot.core.picture import Chart, MarkKind, TracePicture
from opsbot.core.series import Exhibit, Series, Span, Waterfall
from opsbot.core.suspects import Ranking
from tests.core.story import T0, Story, event, rules
from tests.drawing.samples import WINDOW, at

ERRORS, LATENCY, FULL = FindingKind.ERRORS, FindingKind.LATENCY, FindingKind.SATURATION
DEPLOY = FindingKind.DEPLOY


def finding(
    kind: FindingKind,
    minute: float,
    service: str = "shop",
    *,
    key: str = "",
    value: float | None = None,
    before: float | None = None,
) -> Finding:
    return Finding(
        at=at(minute), kind=kind, service=service, summary=f"{service} {kind}", fold_key=key,
        value=value, before=before,
    )  # fmt: skip


def deploy(minute: float, service: str = "shop", version: str = "v2") -> Finding:
    return finding(DEPLOY, minute, service, key=f"deploy:{service}:{version}")


def incident(*findings: Finding, **more: object) -> Incident:
    report = SourceReport(
        source="prometheus", kind=EvidenceKind.METRICS, health=Health.FRESH, window=WINDOW,
        query="", fetched_at=at(30), duration_ms=1, findings=findings,
    )  # fmt: skip
    fields: dict[str, object] = {
        "id": "i-1", "number": 7, "title": "shop: errors", "window": WINDOW, "opened_at": at(28),
        "service": ServiceRef(name="Shop", key="shop"),
        "reports": MappingProxyType({"prometheus": report}),
    }  # fmt: skip
    return Incident(**fields | more)  # type: ignore[arg-type] # built from known fields


def line(name: str, service: str = "shop", *, limit: float | None = None) -> Series:
    points = tuple((at(minute), 0.5) for minute in range(31))
    return Series(service=service, name=name, unit="x", points=points, limit=limit)


SHOP = (line("error share"), line("p95 latency"), line("requests"), line("memory", limit=1.0))
SESSIONS = tuple(replace(one, service="sessions") for one in SHOP)


def page(given: Incident, exhibits: tuple[Exhibit, ...] = SHOP + SESSIONS) -> Chart:
    chart = dict(pictures(given, exhibits))[PAGE]
    assert isinstance(chart, Chart)
    return chart


def shown(chart: Chart) -> list[tuple[str, str]]:
    return [(one.service, one.name) for one in chart.series]


def marks(chart: Chart) -> list[tuple[MarkKind, str, datetime]]:
    return [(mark.kind, mark.label, mark.at) for mark in chart.marks]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # What users feel first, then what else is wrong with the paged service.
        ([finding(ERRORS, 20)], [("shop", "error share")]),
        ([finding(LATENCY, 20)], [("shop", "p95 latency")]),
        ([finding(FindingKind.TRAFFIC, 20)], [("shop", "requests")]),
        (
            [finding(LATENCY, 15), finding(ERRORS, 20)],
            [("shop", "error share"), ("shop", "p95 latency")],
        ),
        # Whatever ran into its limit is the second panel, the paged service's own included.
        (
            [finding(ERRORS, 20), finding(LATENCY, 9), finding(FULL, 12, "sessions", value=0.99)],
            [("shop", "error share"), ("sessions", "memory")],
        ),
        ([finding(FULL, 12, value=0.99)], [("shop", "error share"), ("shop", "memory")]),
        # One that is always nearly full is no news; of two, the one that rose most.
        (
            [finding(ERRORS, 20), finding(FULL, 3, "sessions", value=0.95, before=0.94)],
            [("shop", "error share")],
        ),
        (
            [finding(FULL, 3, value=0.95, before=0.8), finding(FULL, 9, "sessions", value=0.99)],
            [("shop", "error share"), ("sessions", "memory")],
        ),
        # Nothing stands out: the share of errors all the same.
        ([], [("shop", "error share")]),
        ([finding(ERRORS, 20, "sessions")], [("shop", "error share")]),
    ],
)
def test_the_chart_shows_the_paged_service_and_what_ran_into_its_limit(
    found: list[Finding], expected: list[tuple[str, str]]
) -> None:
    assert shown(page(incident(*found))) == expected


def test_without_series_of_the_paged_service_the_full_one_is_shown_alone() -> None:
    full = finding(FULL, 12, "sessions", value=0.99)
    assert shown(page(incident(full), SESSIONS)) == [("sessions", "memory")]


def test_without_anything_to_show_there_is_no_picture() -> None:
    """No exhibits, empty ones, and services that have nothing to do with it."""
    empty = (replace(SHOP[0], points=()), Waterfall(trace_id="a", at=at(0), spans=()))
    assert pictures(incident(finding(ERRORS, 20)), ()) == ()
    assert pictures(incident(finding(ERRORS, 20)), empty) == ()
    assert pictures(incident(), SESSIONS) == ()


def test_the_onset_is_the_earliest_departure_of_what_is_shown() -> None:
    """A neighbour's earlier trouble counts only when nothing that is shown departs."""
    own = incident(finding(ERRORS, 20), finding(LATENCY, 18), finding(LATENCY, 9, "cart"))
    assert page(own).onset == at(18)
    assert page(incident(finding(LATENCY, 9, "cart"))).onset == at(9)
    assert page(incident(finding(FindingKind.LOG_PATTERN, 11, "cart"))).onset == at(11)
    assert page(incident(deploy(5))).onset is None


def test_the_onset_agrees_with_the_ranking_of_suspects() -> None:
    """The card says since when; the chart says the same, unless it lies outside."""
    ranked = incident(finding(ERRORS, 20), ranking=Ranking(onset=at(17)))
    assert page(ranked).onset == at(17)
    earlier = incident(finding(ERRORS, 20), ranking=Ranking(onset=at(-90)))
    assert page(earlier).onset == at(20)


def test_marks_tell_deploy_onset_paged_and_now_in_their_order() -> None:
    given = incident(finding(ERRORS, 20), deploy(12), deploy(15, "cart"), deploy(-5))
    assert marks(page(given)) == [
        (MarkKind.DEPLOY, "deploy v2", at(12)),
        (MarkKind.ONSET, "onset", at(20)),
        (MarkKind.PAGED, "paged", at(28)),
        (MarkKind.NOW, "now", at(30)),
    ]


def test_a_deploy_names_its_service_when_it_is_not_the_paged_one() -> None:
    """And a commit is told by its first seven characters."""
    given = incident(
        finding(ERRORS, 20), finding(ERRORS, 19, "cart"), deploy(12, "cart", "v9"),
        deploy(13, version="0123456789abcdef0123456789abcdef01234567"),
        finding(DEPLOY, 14, key="odd"),
    )  # fmt: skip
    labels = [label for kind, label, _ in marks(page(given)) if kind is MarkKind.DEPLOY]
    assert labels == ["deploy cart v9", "deploy 0123456", "deploy"]


def test_a_deploy_told_by_two_sources_is_marked_once_at_its_beginning() -> None:
    twice = incident(finding(ERRORS, 20), deploy(12), replace(deploy(12.5), summary="again"))
    deploys = [one for one in marks(page(twice)) if one[0] is MarkKind.DEPLOY]
    assert deploys == [(MarkKind.DEPLOY, "deploy v2", at(12))]


def test_of_many_deploys_the_four_nearest_to_the_onset_are_marked() -> None:
    """Those of services that are shown come first."""
    others = [deploy(19 + n / 10, "cart", f"c{n}") for n in range(5)]
    own = [deploy(minute, version=f"v{minute}") for minute in (1, 8, 14)]
    given = incident(finding(ERRORS, 20), finding(ERRORS, 19, "cart"), *others, *own)
    labels = [label for kind, label, _ in marks(page(given)) if kind is MarkKind.DEPLOY]
    assert labels == ["deploy v1", "deploy v8", "deploy v14", "deploy cart c4"]


def alerts(*changes: tuple[Transition, float]) -> Mapping[str, Alert]:
    """The incident's alerts after these events, by the rules of the record."""
    story = Story(rules=rules())
    for transition, minute in changes:
        story.take(event(transition, (at(minute) - T0).total_seconds() / 60))
    return story.state.alerts


@pytest.mark.parametrize(
    ("changes", "minute"),
    [
        ([(Transition.TRIGGERED, 22), (Transition.ACKNOWLEDGED, 26)], 22),
        ([(Transition.TRIGGERED, -500), (Transition.REOPENED, 24)], 24),
        ([(Transition.ACKNOWLEDGED, 26)], 28),  # only the incident's own beginning is known
    ],
)
def test_paged_is_when_the_alert_fired_within_the_window(
    changes: list[tuple[Transition, float]], minute: float
) -> None:
    given = incident(finding(ERRORS, 20), alerts=alerts(*changes))
    assert (MarkKind.PAGED, "paged", at(minute)) in marks(page(given))


def test_a_declared_incident_was_not_paged() -> None:
    given = incident(finding(ERRORS, 20), declared_by="slack:U1")
    assert (MarkKind.PAGED, "declared", at(28)) in marks(page(given))


def test_a_later_look_widens_the_window_and_moves_now() -> None:
    later = replace(SHOP[0], points=(*SHOP[0].points, (at(44), 0.4)))
    chart = page(incident(finding(ERRORS, 20)), (later,))
    assert chart.window == replace(WINDOW, end=at(44))
    assert marks(chart)[-1] == (MarkKind.NOW, "now", at(44))


def request(trace: str, minute: float, *services: str, failed: str = "") -> Waterfall:
    spans = tuple(
        Span(service=one, name="GET /", start=0, length=1, depth=0, failed=one == failed)
        for one in services
    )
    return Waterfall(trace_id=trace, at=at(minute), spans=spans)


def test_the_failing_request_is_the_one_the_findings_speak_of() -> None:
    given = incident(finding(FindingKind.FAILING_TRACE, 12, "sessions"))
    told, other = (
        request("b", 9, "shop", "sessions", failed="sessions"),
        request("a", 8, "shop", failed="shop"),
    )
    calm = request("c", 7, "shop")
    for order in permutations((told, other, calm)):
        picture = dict(pictures(given, order))[TRACE]
        assert isinstance(picture, TracePicture)
        assert picture.waterfall is told
        assert picture.title == "Failing request, shop: GET /"


def test_a_request_without_failure_is_called_slow_and_not_failing() -> None:
    picture = dict(pictures(incident(), (request("c", 7, "shop"),)))[TRACE]
    assert picture.title == "Slowest request found, shop: GET /"


def test_the_order_of_exhibits_does_not_matter() -> None:
    """The same incident gives the same pictures, so nothing is drawn again without need."""
    full = finding(FULL, 12, "sessions", value=0.99)
    given = incident(finding(ERRORS, 20), full, deploy(12))
    first = pictures(given, SHOP + SESSIONS)
    assert pictures(given, tuple(reversed(SHOP + SESSIONS))) == first


def test_hostile_words_are_inert_in_titles_and_labels() -> None:
    given = incident(
        finding(ERRORS, 20), deploy(12, version="v1\u202e\x00"), title="a\nb\u202e", number=0
    )
    chart = page(given)
    assert chart.title == "a b[U+202E]"
    assert "deploy v1[U+202E][U+0000]" in [mark.label for mark in chart.marks]


def test_services_worth_showing_are_asked_for_first() -> None:
    """A source answers for its first few: the paged service, the full one, the troubled ones."""
    names = ("cart", "shop", "a", "b", "sessions", "auth")
    ask = EvidenceAsk(
        incident_id="i-1", subjects=tuple(Subject(service=name) for name in names),
        window=WINDOW, before=WINDOW, horizon=WINDOW.length,
    )  # fmt: skip
    given = incident(
        finding(ERRORS, 10, "auth"), finding(ERRORS, 20), finding(FULL, 12, "sessions", value=0.99)
    )
    assert worth_showing(ask, given).services == ("shop", "sessions", "auth", "cart", "a", "b")
    assert worth_showing(ask, incident()).services == ("shop", "cart", "a", "b", "sessions", "auth")


def test_once_it_is_over_the_end_is_marked_and_no_now() -> None:
    """Outside the window there is nothing to mark."""
    over = {"status": Status.RESOLVED, "closure": Closure.FIXED, "over_at": at(29)}
    assert marks(page(incident(finding(ERRORS, 20), **over)))[-1] == (
        MarkKind.RESOLVED, "resolved", at(29),
    )  # fmt: skip
    later = incident(finding(ERRORS, 20), **{**over, "over_at": at(60)})
    assert [kind for kind, _, _ in marks(page(later))] == [MarkKind.ONSET, MarkKind.PAGED]


def test_an_end_just_behind_the_last_sample_is_on_the_chart() -> None:
    """Samples come every few seconds, and nobody resolves an incident on one."""
    over = {"status": Status.RESOLVED, "closure": Closure.FIXED, "over_at": at(30.4)}
    chart = page(incident(finding(ERRORS, 20), **over))
    assert chart.window == replace(WINDOW, end=at(30.4))
    assert marks(chart)[-1] == (MarkKind.RESOLVED, "resolved", at(30.4))
