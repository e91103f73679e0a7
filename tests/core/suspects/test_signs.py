"""What counts against a service in ranking v0, and what its callees and its place explain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core.evidence import Finding
from tests.core.suspects.build import K, ago, deploy, found, names, ranked, score


@pytest.mark.parametrize(
    ("finding", "is_named"),
    [
        (found(K.ERRORS, "back", 0.3, 0.002), True),
        (found(K.ERRORS, "back", 0.012, 0.004), False),  # a little more than usual
        (found(K.UNANSWERED, "back", 0.3, 0.0, peer="middle"), True),
        (found(K.LATENCY, "back", 2.4, 0.02), True),
        (found(K.LATENCY, "back", 2.4, None), False),  # nothing usual to compare with
        (found(K.SATURATION, "back", 0.99, 0.57), True),
        (found(K.SATURATION, "back", 0.97, 0.95), False),  # it usually is that full
        (found(K.RESTARTS, "back", 3, 0), True),
        (found(K.FAILING_TRACE, "back", 40, 1), True),
        (found(K.LOG_PATTERN, "back", 500, 0), False),  # lines alone name nobody
        (found(K.TRAFFIC, "back", 1, 90), False),  # as often below a fault as at it
        (found(K.ALERT, "back"), False),  # who pages is where it hurts
        (deploy("back", at=12), False),  # a change without a sign of trouble
        (found(K.PIPELINE, "back", 0, 1), False),  # a dead collector is a gap
        (found(K.ERRORS, "", 0.5, 0.0), False),  # about no service
    ],
)
def test_one_sign_alone_names_a_service_or_does_not(finding: Finding, is_named: bool) -> None:
    """What departs from the usual counts; alerts, changes, traffic and pipelines alone do not."""
    ranking = ranked(finding)
    assert names(ranking) == (["back"] if is_named else [])
    assert bool(ranking.verdict) is not is_named


def test_errors_that_the_callees_failures_explain_are_not_held_against_the_caller() -> None:
    """All three fail by about the same share; the fault is where nothing further down fails."""
    ranking = ranked(
        found(K.ERRORS, "front", 0.30, 0.002),
        found(K.UNANSWERED, "middle", 0.31, 0.001, peer="front"),
        found(K.ERRORS, "middle", 0.31, 0.002),
        found(K.UNANSWERED, "back", 0.32, 0.0, peer="middle"),
    )
    assert names(ranking) == ["back"]


def test_only_the_part_that_is_explained_is_taken_off() -> None:
    """A caller that fails far more than its callee is a suspect itself, before the callee."""
    ranking = ranked(
        found(K.ERRORS, "middle", 0.60, 0.0),
        found(K.UNANSWERED, "back", 0.06, 0.0, peer="middle"),
    )
    assert names(ranking) == ["middle", "back"]
    alone = ranked(found(K.ERRORS, "middle", 0.60, 0.0))
    assert score(ranking, "middle") < score(alone, "middle")


def test_where_no_client_counts_its_calls_the_callees_own_errors_explain() -> None:
    """The catalogue says who calls whom; without call metrics the callee's word is taken."""
    ranking = ranked(found(K.ERRORS, "front", 0.1, 0.0), found(K.ERRORS, "other", 0.12, 0.0))
    assert names(ranking) == ["other"]


def test_a_call_edge_is_learnt_from_findings_too() -> None:
    """The catalogue knows nothing of `stranger > back`, but the calls were counted."""
    ranking = ranked(
        found(K.ERRORS, "stranger", 0.2, 0.0),
        found(K.UNANSWERED, "back", 0.21, 0.0, peer="stranger"),
        paged="stranger",
    )
    assert names(ranking) == ["back"]


@pytest.mark.parametrize(
    ("times_front", "times_back", "first"),
    [
        (10, 100, "back"),  # the caller is diluted: it waits, and does things of its own
        (10, 10, "back"),
        (40, 2, "front"),  # the callee is a little slower, which is not what front waits for
    ],
)
def test_slowness_belongs_where_it_is_not_spent_below(
    times_front: float, times_back: float, first: str
) -> None:
    """A caller that only waits slows down by fewer times than what it waits for."""
    ranking = ranked(
        found(K.LATENCY, "front", 0.2 * times_front, 0.2),
        found(K.LATENCY, "middle", 0.01 * times_back, 0.01),
        paged="front",
    )
    assert names(ranking)[0] == first.replace("back", "middle")


def test_waiting_for_calls_that_fail_explains_slowness() -> None:
    """The callee gives no answer, so its own latency shows nothing; the caller's is a timeout."""
    slow = found(K.LATENCY, "middle", 2.3, 0.06)
    ranking = ranked(slow, found(K.UNANSWERED, "back", 0.3, 0.0, peer="middle"))
    assert names(ranking) == ["back"]
    assert names(ranked(slow)) == ["middle"]


def test_who_stands_above_trouble_is_discounted() -> None:
    """The same fullness counts for less when something further down is in trouble too."""
    full = found(K.SATURATION, "front", 0.99, 0.5)
    below = found(K.SATURATION, "back", 0.99, 0.5)
    beside = found(K.SATURATION, "stranger", 0.99, 0.5)
    assert score(ranked(full, below), "front") < score(ranked(full), "front")
    assert score(ranked(full, beside), "front") == score(ranked(full), "front")


def test_who_is_not_on_the_path_of_the_page_is_discounted() -> None:
    """The page is about `front`, which is not known to depend on `stranger`."""
    errors = found(K.ERRORS, "stranger", 0.3, 0.0)
    assert score(ranked(errors), "stranger") < score(ranked(errors, paged="stranger"), "stranger")
    nowhere = ranked(errors, paged="")
    assert score(nowhere, "stranger") == score(ranked(errors, paged="stranger"), "stranger")


def test_lines_of_a_service_whose_failures_are_explained_add_nothing() -> None:
    """`call failed` in the caller's log is the callee's trouble."""
    full, lines = found(K.SATURATION, "middle", 0.99, 0.5), found(K.LOG_PATTERN, "middle", 300, 0)
    failing = found(K.ERRORS, "middle", 0.28, 0.0)
    unanswered = found(K.UNANSWERED, "back", 0.3, 0.0, peer="middle")
    own, explained = ranked(full, lines, failing), ranked(full, lines, failing, unanswered)
    keys = [
        {reason.finding for one in ranking.suspects if one.service == "middle"
         for reason in one.reasons}
        for ranking in (own, explained)
    ]  # fmt: skip
    assert keys[0] == {full.fold_key, lines.fold_key, failing.fold_key}
    assert keys[1] == {full.fold_key}
    assert len(ranked(full, lines).suspects[0].reasons) == 2  # nothing fails: they are its own


def test_failing_traces_count_by_their_share() -> None:
    """Nine of ten end at one service, so the other one is where few requests fail."""
    few, many = found(K.FAILING_TRACE, "back", 10, 0), found(K.FAILING_TRACE, "other", 90, 0)
    assert names(ranked(few, many)) == ["other"]
    assert names(ranked(few)) == ["back"]


def test_services_that_call_each_other_are_ranked_all_the_same() -> None:
    """A circle of calls ends: the one that is in more trouble comes first."""
    ranking = ranked(
        found(K.SATURATION, "middle", 0.99, 0.5),
        found(K.LATENCY, "back", 0.4, 0.2, peer="middle"),
        found(K.LATENCY, "middle", 0.5, 0.4, peer="back"),
    )
    assert names(ranking)[0] == "middle"


def test_a_service_in_a_circle_is_not_above_itself() -> None:
    """It is called by what it calls, and its own trouble does not discount it."""
    full = found(K.SATURATION, "middle", 0.99, 0.5)
    closes_the_circle = found(K.LATENCY, "middle", 0.1, 0.1, peer="back")
    assert score(ranked(full, closes_the_circle), "middle") == score(ranked(full), "middle")


def test_a_change_before_the_onset_adds_and_an_older_one_adds_less() -> None:
    """It adds in proportion to the signs, and loses half of that every ninety minutes."""
    errors = found(K.ERRORS, "back", 0.3, 0.0, at=10)
    scores = [score(ranked(errors, deploy("back", at=at)), "back") for at in (12, 102, 600)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > score(ranked(errors), "back")


def test_a_change_after_the_onset_is_less_likely_and_never_cleared() -> None:
    """It adds nothing, and the sentence says how far after and how sure the onset is."""
    errors = found(K.ERRORS, "back", 0.3, 0.0, at=10)
    ranking = ranked(errors, deploy("back", at=4))
    assert ranking.suspects == ranked(errors).suspects
    assert [reason.text for reason in ranking.less_likely] == [
        "back: deploy v2 began 6 min after the onset there (known to within about 2 min), "
        "so it is less likely"
    ]
    assert ranking.onset == ago(10)


def test_clocks_may_differ_by_half_a_minute() -> None:
    """A deploy that seems to begin twenty seconds after the onset may have begun before it."""
    errors = found(K.ERRORS, "back", 0.3, 0.0, at=10)
    ranking = ranked(errors, deploy("back", at=10 - 20 / 60))
    assert ranking.less_likely == ()
    assert score(ranking, "back") > score(ranked(errors), "back")


def test_a_change_of_a_service_without_signs_is_held_against_the_onset_of_the_suspect() -> None:
    """Its deploy came after all began, so it is told as less likely though it is no suspect."""
    ranking = ranked(found(K.ERRORS, "back", 0.3, 0.0, at=10), deploy("other", at=3))
    assert [reason.text.split(":")[0] for reason in ranking.less_likely] == ["other"]
    assert names(ranking) == ["back"]


def test_a_lowered_limit_is_a_change_and_a_raised_one_is_not() -> None:
    """A limit steps because somebody changed it, whether or not a deploy is known."""
    full = found(K.SATURATION, "back", 0.99, 0.5, at=10)
    lowered, raised = found(K.LIMIT, "back", 256, 512, at=10), found(K.LIMIT, "back", 512, 256)
    assert score(ranked(full, lowered), "back") > score(ranked(full, raised), "back")
    assert score(ranked(full, raised), "back") == score(ranked(full), "back")


def test_one_deploy_told_twice_is_one_reason_with_its_setting_and_no_author() -> None:
    """The earliest time is when it began; foreign words, which name people, are left out."""
    pager = deploy("back", at=11, summary="back: Deployed by Ada L. (pool.max 120 -> 12; by=Ada)")
    ranking = ranked(
        found(K.ERRORS, "back", 0.3, 0.0, at=10), deploy("back", at=12), pager
    )  # fmt: skip
    told = [reason for reason in ranking.suspects[0].reasons if reason.when == "at"]
    assert [(reason.text, reason.at) for reason in told] == [
        ("deploy v2 (pool.max 120 -> 12)", ago(12))
    ]


def test_a_change_that_is_no_deploy_and_a_bare_commit_are_named_shortly() -> None:
    """A change event has no version, and forty hexadecimal digits are cut to seven."""
    sha = "0123456789abcdef0123456789abcdef01234567"
    change = found(K.CHANGE, "back", at=14, key="change:1", summary="back: flag turned on by Ada")
    ranking = ranked(
        found(K.ERRORS, "back", 0.3, 0.0, at=10), deploy("back", at=12, version=sha), change
    )
    told = {reason.text for reason in ranking.suspects[0].reasons if reason.when == "at"}
    assert told == {"deploy 0123456", "change"}


def test_half_of_the_weight_is_gone_after_the_half_life() -> None:
    """The table above compares; this pins the figure."""
    errors = found(K.ERRORS, "back", 0.3, 0.0, at=10)
    fresh, old = (ranked(errors, deploy("back", at=at)).suspects[0].reasons for at in (10, 100))
    weights = [next(r.weight for r in reasons if r.when == "at") for reasons in (fresh, old)]
    assert weights[1] == pytest.approx(weights[0] / 2, abs=1e-4)
    assert ago(10) - ago(100) == timedelta(minutes=90)
