"""The timeline: event time, folded duplicates, silence as a fact, one story in every order."""

from __future__ import annotations

import itertools
from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.evidence import (
    EvidenceKind,
    Finding,
    FindingKind,
    Gap,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.gaps import blindnesses
from opsbot.core.people import OPSBOT
from opsbot.core.room import room_plan
from opsbot.core.timeline import build_timeline, essential
from tests.core.story import ADA, T0, Story, event, rules

WINDOW = Window(start=T0 - timedelta(minutes=30), end=T0)


def _finding(kind: FindingKind, minutes: float, summary: str, fold_key: str = "") -> Finding:
    at = T0 + timedelta(minutes=minutes)
    return Finding(at=at, kind=kind, service="auth-api", summary=summary, fold_key=fold_key)


def _report(source: str, kind: EvidenceKind, *findings: Finding, gaps: tuple[Gap, ...] = (),
            health: Health = Health.FRESH) -> SourceReport:  # fmt: skip
    return SourceReport(
        source=source,
        kind=kind,
        health=health,
        window=WINDOW,
        query="q",
        fetched_at=T0,
        duration_ms=12,
        findings=findings,
        gaps=gaps,
    )


DEPLOY = "deploy:auth-api:v2"
REPORTS = (
    _report("prometheus", EvidenceKind.METRICS,
            _finding(FindingKind.SATURATION, -8, "memory at 99 % of limit"),
            _finding(FindingKind.PIPELINE, -180, "collector fluentd on node-7 is down")),
    _report("loki", EvidenceKind.LOGS, health=Health.STALE,
            gaps=(Gap(service="auth-api", health=Health.STALE, since=T0 - timedelta(hours=3),
                      reason="no line since 11:00 UTC"),)),
    _report("github", EvidenceKind.CHANGES, _finding(FindingKind.DEPLOY, -12, "v2", DEPLOY)),
    _report("pagerduty", EvidenceKind.CHANGES, _finding(FindingKind.DEPLOY, -11, "v2", DEPLOY)),
)  # fmt: skip


def _told(order: tuple[int, ...]) -> Story:
    story = Story(rules())
    story.take(event())
    for index in order:
        report = REPORTS[index]
        draft = Draft(key=f"evidence:{report.source}", occurred_at=T0, actor=OPSBOT,
                      source=report.source, body=e.EvidenceCollected(report=report))  # fmt: skip
        story.append(draft, T0 + timedelta(seconds=len(story.entries)))
    return story


def test_every_completion_order_of_a_gather_gives_the_same_story_and_card():
    orders = itertools.permutations(range(len(REPORTS)))
    told = [_told(order) for order in orders]
    shapes = {
        tuple((x.at, x.text, x.source, x.also) for x in build_timeline(story.entries))
        for story in told
    }
    assert len(shapes) == 1
    stood = e.ChannelOpened(channel_id="C1", name="inc-42", adopted=False)
    for story in told:
        story.append(Draft(key="c", occurred_at=T0, actor=OPSBOT, source="s", body=stood), T0)
    assert len({repr(room_plan(s.state, s.rules, T0).messages[0].card) for s in told}) == 1


def test_it_is_ordered_by_when_things_happened():
    timeline = build_timeline(_told((0, 1, 2, 3)).entries)
    assert [x.at for x in timeline] == sorted(x.at for x in timeline)
    assert timeline[1].text == "logs fall silent for 1 service: auth-api"


def test_one_deploy_seen_by_two_sources_is_one_line_naming_both():
    timeline = build_timeline(_told((0, 1, 2, 3)).entries)
    (deploy,) = [x for x in timeline if x.key == DEPLOY]
    assert (deploy.source, deploy.also) == ("github", ("pagerduty",))


def test_a_dead_collector_explains_the_silent_logs_and_is_loud():
    (blind,) = blindnesses(_told((0, 1, 2, 3)).state)
    assert blind.loud
    assert blind.since == T0 - timedelta(hours=3)
    assert "fluentd on node-7 is down" in blind.reason


def test_an_event_learnt_late_stands_in_its_place_and_says_so():
    story = Story(rules())
    story.take(event())
    story.take(event(e.Transition.OTHER, -20), after=30)
    first = build_timeline(story.entries)[0]
    assert first.late
    assert first.at == T0 - timedelta(minutes=20)


def test_the_room_reads_at_most_a_dozen_lines_and_the_gaps_are_among_them():
    story = _told((0, 1, 2, 3))
    chosen = essential(build_timeline(story.entries))
    assert len(chosen) <= 12
    assert any(x.gap for x in chosen)


def test_a_long_story_keeps_its_beginning_and_its_end():
    story = Story(rules())
    story.take(event())
    for minute in range(1, 31):
        story.take(event(e.Transition.OTHER, minute, by=ADA, note=f"note {minute}"))
    texts = [line.text for line in essential(build_timeline(story.entries))]
    assert len(texts) == 12
    assert any("note 30" in text for text in texts)
    assert any("triggered" in text for text in texts)
