"""The chart of the page once more: before the postmortem is written, once for each end, in the
message that stands; and missing without harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.evidence import EvidenceAsk, Finding, FindingKind
from opsbot.core.illustration import PAGE
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.picture import Chart, MarkKind
from opsbot.core.postmortem_rule import WriteWhen
from opsbot.core.series import ERROR_SHARE, REQUESTS, Exhibit, Series, Span, Waterfall, unpack
from opsbot.ports import Refused
from tests.commands.office import START, replace
from tests.flows.desk_of_learning import Desk
from tests.flows.test_illustrate import ERRORS, NEVER, Painter
from tests.flows.test_postmortem_crashes import Fuse, settled_until

DELAY = timedelta(minutes=3)
ONSET, FIXED = shifted(START, -timedelta(minutes=2)), shifted(START, timedelta(minutes=14))


class Live:
    """A source that measures every fifteen seconds up to now: errors from the onset until it is
    fixed. A `broken` one has nothing to show."""

    name = "prometheus"

    def __init__(self) -> None:
        self.asked, self.broken = list[EvidenceAsk](), False

    async def exhibits(self, ask: EvidenceAsk) -> tuple[Exhibit, ...]:
        self.asked.append(ask)
        if self.broken:
            return ()
        span = Span(service="checkout-api", name="GET /cart", start=0.0, length=0.4, depth=0,
                    failed=True)  # fmt: skip
        steps = int(ask.window.length.total_seconds() // 15) + 1
        times = [shifted(ask.window.start, timedelta(seconds=15 * n)) for n in range(steps)]
        return (
            _series(ERROR_SHARE, "ratio", times, 0.31, 0.002),
            _series(REQUESTS, "per_s", times, 80.0, 100.0),
            Waterfall(trace_id="4bf9", at=START, spans=(span,)),
        )


def _series(name: str, unit: str, times: Sequence[datetime], high: float, low: float) -> Series:
    points = tuple((at, high if ONSET <= at < FIXED else low) for at in times)
    return Series(service="checkout-api", name=name, unit=unit, points=points)


def desk_with(
    live: Live, *findings: Finding, when: WriteWhen = WriteWhen.RESOLVED
) -> tuple[Desk, Painter]:
    desk, painter = Desk(when=when, delay=DELAY), Painter()
    desk.sources[0].findings = (ERRORS, *findings)
    desk.ports = replace(desk.ports, painter=painter, exhibits=(live,))
    return desk, painter


async def pictures_of(desk: Desk, incident: Incident) -> list[tuple[int, e.Illustrated]]:
    return [
        (x.seq, x.body) for x in await desk.entries(incident)
        if isinstance(x.body, e.Illustrated) and x.body.slot == PAGE
    ]  # fmt: skip


def charts(painter: Painter) -> list[Chart]:
    return [one for one in painter.drawn if isinstance(one, Chart)]


async def test_the_postmortem_is_written_after_its_chart_shows_the_recovery() -> None:
    """From before the onset to a little after the end, with the end marked and no "now"; before
    the delay is over nothing is asked for."""
    live = Live()
    desk, painter = desk_with(live)
    incident = await desk.ended()
    assert len(live.asked) == 1
    incident = await desk.quiet(incident)
    (_, first), (seq, last) = await pictures_of(desk, incident)
    (draft,) = await desk.drafts(incident)
    assert draft.through >= seq
    window = live.asked[-1].window
    assert incident.window is not None
    assert incident.over_at is not None
    assert window.start == incident.window.start < ONSET
    assert incident.over_at < window.end <= shifted(incident.over_at, timedelta(minutes=5))
    assert "near the usual again from 14:14 on, 0.2 % at the end" in last.alt
    assert "resolved at 14:21" in last.alt
    assert (await kept(desk, first))[-1] < FIXED < (await kept(desk, last))[-1]
    kinds = [mark.kind for mark in charts(painter)[-1].marks]
    assert MarkKind.RESOLVED in kinds
    assert MarkKind.NOW not in kinds


async def kept(desk: Desk, body: e.Illustrated) -> list[datetime]:
    """The times of what a picture was drawn from."""
    blob = await desk.record.blob(body.blob)
    exhibit = unpack((blob or b"").splitlines()[0])
    assert isinstance(exhibit, Series)
    return [at for at, _ in exhibit.points]


async def test_only_what_was_kept_is_asked_for_again() -> None:
    """No other service, no other quantity, no request."""
    live = Live()
    desk, _ = desk_with(live)
    await desk.quiet(await desk.ended())
    first, again = live.asked
    assert (first.quantities, again.quantities) == ((), (ERROR_SHARE,))
    assert again.services == ("checkout-api",)


async def test_the_picture_s_own_message_is_edited() -> None:
    """No new post: as many messages as before, and the one shows the newer file."""
    live = Live()
    desk, _ = desk_with(live, when=WriteWhen.NEVER)
    incident = await desk.ended()
    said = len(desk.room.channels[incident.surface.channel_id].messages)
    file_id = incident.pictures[PAGE].file_id
    incident = await desk.quiet(incident)
    assert len(desk.room.channels[incident.surface.channel_id].messages) == said
    assert incident.pictures[PAGE].file_id != file_id
    (shown,) = desk.lines(incident, PAGE)
    assert "resolved at 14:21" in shown


async def test_a_silent_source_leaves_the_earlier_picture_and_the_document_says_so() -> None:
    live = Live()
    desk, _ = desk_with(live)
    incident = await desk.ended()
    live.broken = True
    incident = await desk.quiet(incident)
    assert len(await pictures_of(desk, incident)) == 1
    (draft,) = await desk.drafts(incident)
    text = (await desk.record.blob(draft.markdown) or b"").decode()
    assert (
        "The data kept for this chart ends at 14:00, so it does not show how it recovered" in text
    )


@pytest.mark.parametrize("line", ["cancel a test of the pager", "resolve false-alarm nothing"])
async def test_what_was_no_incident_is_not_drawn_again(line: str) -> None:
    live = Live()
    desk, _ = desk_with(live)
    incident = await desk.ended(line)
    assert incident.status.is_over
    await desk.quiet(incident)
    assert len(live.asked) == 1


async def test_without_a_first_picture_there_is_no_second() -> None:
    live = Live()
    live.broken = True
    desk, _ = desk_with(live)
    incident = await desk.ended()
    live.broken = False
    await desk.quiet(incident)
    assert len(live.asked) == 1


@pytest.mark.parametrize("refused", [NEVER, Refused(error="busy", cure="later", retry_after=DELAY)])
async def test_where_slack_does_not_take_it_the_document_shows_it_all_the_same(
    refused: Refused,
) -> None:
    """The room keeps the earlier picture with its own words."""
    live = Live()
    desk, painter = desk_with(live)
    incident = await desk.ended()
    before = incident.pictures[PAGE]
    desk.room.fail("upload", refused)
    incident = await desk.quiet(incident)
    after = incident.pictures[PAGE]
    assert (after.file_id, after.alt) == (before.file_id, before.alt)
    assert charts(painter)[-1].series[0].points[-1][0] > FIXED
    (draft,) = await desk.drafts(incident)
    text = (await desk.record.blob(draft.markdown) or b"").decode()
    assert "near the usual again from 14:14 on" in text


async def test_an_end_is_drawn_once_and_the_next_end_anew() -> None:
    """Writing it again asks for nothing; an incident that came back ends again."""
    live = Live()
    desk, _ = desk_with(live)
    incident = await desk.quiet(await desk.ended())
    incident = await desk.says(incident, "postmortem write")
    assert len(await pictures_of(desk, incident)) == len(live.asked) == 2
    await desk.says(incident, "reopen it is back")
    asked = len(live.asked)
    await desk.says(incident, "resolve fixed for good")
    incident = await desk.quiet(incident)
    assert len(live.asked) == asked + 1


async def test_killed_anywhere_the_chart_is_kept_once() -> None:
    """At every call, before and after it; the next start finds what is left to do."""
    for at in range(1, 400):
        live = Live()
        desk, _ = desk_with(live)
        incident = await desk.ended()
        desk.clock.advance(minutes=4)
        fuse = Fuse(at)
        await settled_until(desk, fuse)
        await desk.settle()
        assert len(await pictures_of(desk, incident)) == 2
        assert len(await desk.drafts(incident)) == 1
        if not fuse.blew:
            return
    raise AssertionError("the fuse never burnt down")


async def test_everything_on_the_chart_is_asked_for_in_one_look() -> None:
    """Errors and traffic, where both departed."""
    live = Live()
    traffic = replace(ERRORS, kind=FindingKind.TRAFFIC, summary="20 % fewer requests", unit="per_s",
                      value=80.0, before=100.0)  # fmt: skip
    desk, painter = desk_with(live, traffic)
    await desk.quiet(await desk.ended())
    assert live.asked[-1].quantities == (ERROR_SHARE, REQUESTS)
    assert [one.name for one in charts(painter)[-1].series] == [ERROR_SHARE, REQUESTS]
