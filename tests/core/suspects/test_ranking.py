"""What ranking v0 concludes: its words, its confidence, what it could not see, in any order."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.codec import from_data, to_data
from opsbot.core.entry import SuspectsRanked
from opsbot.core.evidence import EvidenceKind, Finding, FindingKind, Gap, Health, SourceReport
from opsbot.core.suspects import Confidence, confidence_means
from opsbot.core.suspects.ranking import KEPT, TIE, rank
from opsbot.core.suspects.words import sentence
from tests.core.suspects.build import (
    CATALOGUE,
    K,
    ago,
    deploy,
    found,
    names,
    ranked,
    report,
    reports,
)


def test_two_kinds_that_agree_are_likely_and_one_kind_is_possible() -> None:
    """However strong one kind of evidence is, a second one has to say so too."""
    metrics = (found(K.ERRORS, "back", 0.9, 0.0), found(K.SATURATION, "back", 0.99, 0.5))
    assert ranked(*metrics).suspects[0].confidence is Confidence.POSSIBLE
    traces = found(K.FAILING_TRACE, "back", 90, 0)
    assert ranked(*metrics, traces).suspects[0].confidence is Confidence.LIKELY
    three_lines = found(K.LOG_PATTERN, "back", 3, 0)
    assert ranked(*metrics, three_lines).suspects[0].confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    "lost",
    [
        None,  # nobody was asked
        report(EvidenceKind.LOGS, health=Health.UNREACHABLE),
        report(EvidenceKind.LOGS, health=Health.STALE),
        report(EvidenceKind.LOGS, health=Health.SPARSE),
        report(
            EvidenceKind.LOGS,
            gaps=(Gap(service="back", health=Health.STALE, since=None, reason="silent"),),
        ),
    ],
)
def test_missing_evidence_is_told_and_asks_for_one_more_kind(lost: SourceReport | None) -> None:
    """Two kinds are enough while all can be seen; with logs missing a third has to agree."""
    findings = (found(K.ERRORS, "back", 0.9, 0.0), found(K.FAILING_TRACE, "back", 90, 0))
    seen = [one for one in reports(*findings) if one.kind is not EvidenceKind.LOGS]
    blind = rank([*seen, *([lost] if lost else [])], CATALOGUE, "front")
    assert blind.unseen == ("logs",)
    assert blind.suspects[0].confidence is Confidence.POSSIBLE
    third = report(EvidenceKind.CHANGES, deploy("back", at=12), source="a third")
    agreed = rank([*seen, *([lost] if lost else []), third], CATALOGUE, "front")
    assert agreed.suspects[0].confidence is Confidence.LIKELY
    assert ranked(*findings).suspects[0].confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "partly",
    [
        (report(EvidenceKind.LOGS), report(EvidenceKind.LOGS, health=Health.STALE, source="2nd")),
        (
            report(
                EvidenceKind.LOGS,
                gaps=(Gap(service="", health=Health.UNREACHABLE, since=None, reason="late"),),
            ),
        ),
    ],
)
def test_evidence_that_is_missing_in_part_is_told_too(partly: tuple[SourceReport, ...]) -> None:
    """One of two sources lost, or one part of a look-up late: silence there proves nothing."""
    seen = [one for one in reports() if one.kind is not EvidenceKind.LOGS]
    assert rank([*seen, *partly], CATALOGUE, "front").unseen == ("logs",)
    sparse = report(EvidenceKind.LOGS, health=Health.SPARSE, source="of other services")
    assert rank([*reports(), sparse], CATALOGUE, "front").unseen == ()


def test_a_gap_of_another_service_does_not_count() -> None:
    """The logs of `other` are silent; those of the suspect are not."""
    gap = Gap(service="other", health=Health.STALE, since=None, reason="silent")
    seen = [
        replace(one, gaps=(gap,)) if one.kind is EvidenceKind.LOGS else one
        for one in reports(found(K.ERRORS, "back", 0.9, 0.0))
    ]
    assert rank(seen, CATALOGUE, "front").unseen == ()


def test_two_that_tie_are_no_clear_suspect_and_none_is_likely() -> None:
    """Both are shown, and the verdict says that they are alike."""
    findings = [
        finding
        for service in ("back", "other")
        for finding in (found(K.ERRORS, service, 0.3, 0.0), found(K.FAILING_TRACE, service, 50, 0))
    ]
    ranking = ranked(*findings)
    assert set(names(ranking)) == {"back", "other"}
    assert ranking.verdict == (
        "no clear suspect: the evidence points at back and other alike"
    )  # fmt: skip
    assert {suspect.confidence for suspect in ranking.suspects} == {Confidence.POSSIBLE}
    assert ranking.suspects[1].score >= TIE * ranking.suspects[0].score


def test_a_weak_sign_is_shown_and_is_no_clear_suspect() -> None:
    """Six failing traces may be chance."""
    ranking = ranked(found(K.FAILING_TRACE, "back", 6, 0, peer="middle"))
    assert ranking.verdict == (
        "no clear suspect: the strongest sign is weak (back: 6 failing traces end here on "
        "calls from middle (none before) since 14:00 UTC)"
    )
    assert [suspect.confidence for suspect in ranking.suspects] == [Confidence.POSSIBLE]


def test_a_search_that_stopped_at_its_limit_gives_a_least_count_and_its_comparison() -> None:
    """As the source of traces says it, at the end of its sentence."""
    told = (
        "GET /x: front > back; at least 100 failing traces found end there (1 in the 30 min before)"
    )
    full = ranked(found(K.FAILING_TRACE, "back", 100, 1, peer="middle", summary=told))
    assert full.suspects[0].reasons[0].text == (
        "at least 100 failing traces end here on calls from middle (1 in the 30 min before)"
    )


@pytest.mark.parametrize(
    ("given_reports", "why"),
    [
        (reports(), "nothing in metrics, logs and traces departs from the usual"),
        (reports()[1:], "nothing in logs and traces departs from the usual"),
        ([], "neither metrics nor logs nor traces could be read"),
        (
            reports(found(K.LOG_PATTERN, "back", 9, 0)),
            "what departs from the usual is too little to point at a service",
        ),
    ],
)
def test_without_a_suspect_the_verdict_says_why(
    given_reports: list[SourceReport], why: str
) -> None:
    """Nothing unusual, too little, and nothing to look at are three different answers."""
    ranking = rank(given_reports, CATALOGUE, "front")
    assert (ranking.suspects, ranking.verdict) == ((), f"no clear suspect: {why}")


def test_a_suspect_reads_as_one_sentence_with_its_strongest_reasons() -> None:
    """The card has room for two reasons; the rest is behind Why."""
    ranking = ranked(
        found(K.SATURATION, "back", 0.99, 0.57, at=12,
              summary="back: memory at 99 % of its limit (usually 57 %)"),
        found(K.UNANSWERED, "back", 0.31, 0.0, at=11, peer="middle",
              summary="back: 31 % of calls from middle fail or stay unanswered (usually 0 %)"),
        found(K.FAILING_TRACE, "back", 40, 0),
    )  # fmt: skip
    assert sentence(ranking.suspects[0]) == (
        "back: memory at 99 % of its limit (usually 57 %) since 13:58 UTC; 31 % of calls from "
        "middle fail or stay unanswered (usually 0 %) since 13:59 UTC"
    )


@pytest.mark.parametrize("confidence", Confidence)
def test_a_confidence_word_says_what_it_means_and_that_nobody_measured_it(
    confidence: Confidence,
) -> None:
    """No claim of accuracy stands behind the word yet."""
    meaning = confidence_means(confidence)
    assert confidence.value.capitalize() in meaning
    assert f"Nobody has measured yet how often “{confidence.value}” is right" in meaning


def test_an_absurd_clock_of_a_sender_does_not_move_the_onset() -> None:
    """A span dated 1970 would make every change come after the onset."""
    trace = found(K.FAILING_TRACE, "back", 40, 0)
    absurd = replace(trace, at=trace.at.replace(year=1970))
    ranking = ranked(absurd, deploy("back", at=12))
    assert ranking.onset == ago(60)


_NUMBERS = st.one_of(
    st.sampled_from((0.0, 0.3, 50.0)),  # few values, so that findings tie
    st.floats(),
    st.sampled_from((None, 1e308)),
)
_FINDINGS = st.builds(
    found,
    st.sampled_from(FindingKind),
    st.sampled_from(("", "front", "middle", "back", "other", "stranger", "unheard of")),
    _NUMBERS,
    _NUMBERS,
    at=st.sampled_from((1, 2, 10, 11, 12, 45, 600)),
    peer=st.sampled_from(("", "", "front", "middle", "back")),
    key=st.sampled_from(("", "", "one", "deploy:back:v2")),
)


@given(st.lists(_FINDINGS, max_size=14), st.randoms(use_true_random=False))
def test_the_ranking_is_the_same_in_every_order_of_reports_and_findings(
    findings: list[Finding], dice: random.Random
) -> None:
    """Answers arrive in any order, and hostile numbers neither stop nor leave the rule."""
    given_reports = reports(*findings)
    shuffled = [
        replace(one, findings=tuple(dice.sample(one.findings, len(one.findings))))
        for one in dice.sample(given_reports, len(given_reports))
    ]
    ranking = rank(given_reports, CATALOGUE, "front")
    assert rank(shuffled, CATALOGUE, "front") == ranking
    assert all(0 <= suspect.score < 1 and suspect.reasons for suspect in ranking.suspects)
    assert len(ranking.suspects) <= KEPT
    assert all(suspect.service for suspect in ranking.suspects)
    likely = [s for s in ranking.suspects if s.confidence is Confidence.LIKELY]
    assert not likely or (likely == [ranking.suspects[0]] and not ranking.verdict)


@given(st.lists(_FINDINGS, max_size=14))
def test_a_ranking_reads_back_from_the_record_as_it_was(findings: list[Finding]) -> None:
    """It goes on the record as it stood, so that its reasons can be looked at later."""
    body = SuspectsRanked(ranking=ranked(*findings))
    assert from_data("suspects_ranked", to_data(body)) == body
