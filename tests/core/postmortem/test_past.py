"""Findings as a document tells them: in the past tense, with their service, and no more than the
record holds."""

from __future__ import annotations

import pytest

from opsbot.core.evidence import EvidenceKind, Finding, FindingKind, Window
from opsbot.core.postmortem.past import changed, happened, in_past, why_silent
from opsbot.integrations.tempo.ends import Ends, compared
from opsbot.integrations.tempo.spans import Hit
from tests.core.postmortem.drafted import drafted, text
from tests.documents.pen import Pen, at, found

K = FindingKind
SEARCHED = "GET /x: front > back; "


def finding(
    kind: FindingKind, words: str, *, value: float | None = None, peer: str = ""
) -> Finding:
    return Finding(at=at(0), kind=kind, service="auth-api", summary=f"auth-api: {words}",
                   value=value, peer=peer)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        (K.ERRORS, "32 % of requests fail (usually 0.2 %)",
         "32 % of requests to auth-api failed (usually 0.2 %)"),
        (K.ERRORS, "32 % of requests fail (usually 0.2 %), until 12:10 UTC",
         "32 % of requests to auth-api failed (usually 0.2 %), until 12:10 UTC"),
        (K.UNANSWERED, "31 % of calls from front fail or stay unanswered (usually 0.2 %)",
         "31 % of calls from front to auth-api failed or stayed unanswered (usually 0.2 %)"),
        (K.LATENCY, "95th percentile of latency 2.3 s (usually 65 ms)",
         "the 95th percentile of latency of auth-api was 2.3 s (usually 65 ms)"),
        (K.SATURATION, "memory at 99 % of its limit (usually 57 %)",
         "the memory of auth-api was at 99 % of its limit (usually 57 %)"),
        (K.LIMIT, "memory limit lowered from 512 to 256 MiB",
         "the memory limit of auth-api was lowered from 512 to 256 MiB"),
        (K.RESTARTS, "containers restarted 3 times within ten minutes (before: 0)",
         "containers of auth-api restarted 3 times within ten minutes (before: 0)"),
        (K.TRAFFIC, "only 2.1 requests a second (usually 40)",
         "only 2.1 requests a second reached auth-api (usually 40)"),
        (K.ERRORS, "errors {0} of {service} everywhere", "auth-api: errors {0} of {service} "
         "everywhere"),
    ],
)  # fmt: skip
def test_what_a_metric_said_becomes_a_clause_of_its_service(
    kind: FindingKind, words: str, told: str
) -> None:
    """Words of another shape stay as they are."""
    assert happened(finding(kind, words)) == told


@pytest.mark.parametrize(
    ("summary", "key", "told"),
    [
        ("Deployed v2.14 (limits.memory 512Mi -> 256Mi)", "deploy:auth-api:v2.14",
         "deploy v2.14 of auth-api went live (limits.memory 512Mi -> 256Mi)"),
        ("Deployed by Robin Sample", "", "a deploy of auth-api went live"),
    ],
)  # fmt: skip
def test_a_deploy_is_told_without_who_made_it(summary: str, key: str, told: str) -> None:
    assert happened(found(K.DEPLOY, "auth-api", 0, summary, key=key)) == told


@pytest.mark.parametrize(("full", "least"), [(True, "at least "), (False, "")])
def test_traces_of_a_full_search_are_a_least_count(full: bool, least: str) -> None:
    """In the very words of the source of traces."""
    hits = tuple(
        Hit(
            trace_id=str(n), start=at(0), root=("front", "GET /x"), services=frozenset({"auth-api"})
        )
        for n in range(100)
    )
    window = Window(start=at(-30), end=at(0))
    ends = Ends(window=window, traces={"auth-api": hits}, is_full=full)
    words = SEARCHED + compared("auth-api", ends, None)
    told = happened(finding(K.FAILING_TRACE, words, value=100, peer="front"))
    assert told == f"{least}100 failing traces ended in auth-api, on calls from front"


def test_a_collector_that_was_down_need_not_be_down_when_the_document_is_read() -> None:
    assert in_past("collector fluentd on node-7 is down") == "collector fluentd on node-7 was down"
    assert in_past("the door is down") == "the door is down"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("no log line since 12:00 UTC", ""),
        ("no log line since 11:59 UTC", ": no log line since 11:59 UTC"),
        ("collector x is down", ": collector x was down"),
        ("", ""),
    ],
)
def test_a_silence_is_not_explained_by_its_own_time(reason: str, told: str) -> None:
    assert why_silent(reason, at(0)) == told


def test_a_lowered_limit_belongs_to_the_service_before_it() -> None:
    assert changed("memory limit lowered from 2 to 1 MiB at 12:00") == (
        "its memory limit was lowered from 2 to 1 MiB at 12:00"
    )
    assert changed("deploy v2 at 12:00") == "deploy v2 at 12:00"


def test_every_early_sign_has_its_time_and_its_own_evidence() -> None:
    pen = Pen()
    link = "https://prometheus.example.com/"
    seen = [
        found(K.LIMIT, "back", -5, "memory limit lowered from 2 to 1 MiB", 1, 2, link=link + "a"),
        found(K.SATURATION, "back", -5, "memory at 99 % of its limit (usually 56 %)",
              link=link + "b"),
        found(K.ERRORS, "front", -4, "9 % of requests fail (usually 1 %)", link=link + "c"),
    ]  # fmt: skip
    pen.page(0)
    pen.report(1, "prometheus", EvidenceKind.METRICS, *seen, asked=pen.ask(0.5, ("prometheus",)))
    before = drafted(pen).story[0]
    assert text(before.sentences) == (
        "At 11:55, the memory limit of back was lowered from 2 to 1 MiB. From 11:55, the memory of "
        "back was at 99 % of its limit (usually 56 %). From 11:56, 9 % of requests to front failed "
        "(usually 1 %)."
    )
    assert [one.url[-1] for one in before.sentences] == ["a", "b", "c"]
    assert before.listed
