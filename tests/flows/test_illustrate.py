"""Pictures: drawn once, given to Slack once, and missing without harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.evidence import EvidenceAsk, Finding, FindingKind
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.picture import Picture
from opsbot.core.series import ERROR_SHARE, Exhibit, Series, Span, Waterfall, unpack
from opsbot.engine.plain import PlainSteps
from opsbot.flows.illustrate import illustrate
from opsbot.ports import Done, Outcome, Refused
from tests.commands.office import START, Office

LATER = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=5))
NEVER = Refused(error="missing_scope", cure="add files:write")
ERRORS = Finding(
    at=shifted(START, -timedelta(minutes=2)), kind=FindingKind.ERRORS, service="checkout-api",
    summary="31 % of requests fail (usually 0.2 %)", value=0.31, before=0.002, unit="ratio",
)  # fmt: skip


class Painter:
    """Draws anything as its name; `refusals` are answered first."""

    def __init__(self, *refusals: Refused) -> None:
        self.refusals, self.drawn = list(refusals), list[Picture]()

    async def draw(self, picture: Picture) -> Outcome[bytes]:
        self.drawn.append(picture)
        if self.refusals:
            return self.refusals.pop(0)
        return Done(value=f"PNG of {picture.title}".encode())


class Gallery:
    """A source with a series behind the page and one failing request; a `late` one answers when
    nobody waits any more."""

    name = "prometheus"

    def __init__(self, *, late: bool = False) -> None:
        self.late, self.asked = late, list[EvidenceAsk]()

    async def exhibits(self, ask: EvidenceAsk) -> tuple[Exhibit, ...]:
        self.asked.append(ask)
        if self.late:
            raise TimeoutError
        times = [shifted(ask.window.start, timedelta(minutes=n)) for n in range(30)]
        points = tuple((at, 0.3 if n > 27 else 0.002) for n, at in enumerate(times))
        span = Span(service="checkout-api", name="GET /cart", start=0.0, length=0.4, depth=0,
                    failed=True)  # fmt: skip
        return (
            Series(service="checkout-api", name=ERROR_SHARE, unit="ratio", points=points),
            Waterfall(trace_id="4bf9", at=START, spans=(span,)),
        )


def office_with(painter: Painter | None, *galleries: Gallery) -> Office:
    office = Office()
    office.sources[0].findings = (ERRORS,)
    office.ports = replace(office.ports, painter=painter, exhibits=galleries)
    return office


async def pictured(office: Office) -> Incident:
    incident = await office.page()
    await office.settle()
    return await office.incident(incident)


async def again(office: Office, incident: Incident) -> float | None:
    """The obligation runs once more, under the key that it had."""
    keys = [x.key for x in await office.entries(incident) if isinstance(x.body, e.Illustrated)]
    run = keys[0].partition(":chart")[0]
    arguments = {"incident_id": incident.id, "key": run}
    return await illustrate(office.ports, PlainSteps(), arguments)


async def test_chart_and_waterfall_stand_below_the_card() -> None:
    """With words for those who do not see them, and kept as what they were drawn from."""
    office = office_with(Painter(), Gallery())
    incident = await pictured(office)
    assert sorted(incident.pictures) == ["chart:page", "chart:trace"]
    shown = office.lines(incident, "chart:")
    assert len(shown) == len(office.room.files) == 2
    assert all("[picture: " in words for words in shown)
    threads = {m.thread_ts for m in office.room.channels[incident.surface.channel_id].messages
               if m.slot.startswith("chart:")}  # fmt: skip
    assert threads == {incident.surface.messages["card"].ts}
    chart = next(b for b in await office.bodies(incident, e.Illustrated) if b.slot == "chart:page")
    blob = await office.record.blob(chart.blob)
    assert blob is not None
    exhibit = unpack(blob.splitlines()[0])
    assert isinstance(exhibit, Series)
    assert len(exhibit.points) == 30


async def test_without_painter_or_exhibits_nothing_is_missed() -> None:
    for office in (office_with(None, Gallery()), office_with(Painter())):
        incident = await pictured(office)
        assert incident.pictures == {}
        assert office.lines(incident, "card")


async def test_a_picture_that_cannot_be_drawn_is_left_out() -> None:
    """The other one stands; what it would have shown stands in words on the card."""
    office = office_with(Painter(NEVER), Gallery())
    incident = await pictured(office)
    assert sorted(incident.pictures) == ["chart:trace"]
    assert "31 % of requests fail" in office.lines(incident, "card")[0]
    assert len(office.room.files) == 1


async def test_a_picture_that_slack_never_takes_is_left_out() -> None:
    """Without a scope it is not tried for ever."""
    office = office_with(Painter(), Gallery())
    office.room.fail("upload", NEVER, times=2)
    incident = await pictured(office)
    assert incident.pictures == {}
    assert office.room.moves.count(("upload", "")) == 2


async def test_a_picture_that_slack_does_not_take_now_is_given_later() -> None:
    """Only that one: the other stands already, and is neither drawn nor given again."""
    painter = Painter()
    office = office_with(painter, Gallery())
    office.room.fail("upload", LATER)
    incident = await pictured(office)
    assert sorted(incident.pictures) == ["chart:page", "chart:trace"]
    assert len(office.room.files) == 2
    assert [type(one).__name__ for one in painter.drawn].count("TracePicture") == 1


async def test_a_lost_answer_leaves_an_orphan_that_nobody_sees() -> None:
    """Given again under a new id; one message shows it."""
    office = office_with(Painter(), Gallery())
    office.room.lose("upload")
    incident = await pictured(office)
    assert len(office.room.files) == 3
    assert len(office.lines(incident, "chart:")) == 2
    shown = {drawn.file_id for drawn in incident.pictures.values()}
    assert len(shown) == 2


async def test_running_again_after_a_crash_gives_nothing_twice() -> None:
    painter = Painter()
    office = office_with(painter, Gallery())
    incident = await pictured(office)
    drawn = len(painter.drawn)
    assert await again(office, incident) is None
    assert (len(office.room.files), len(painter.drawn)) == (2, drawn)


async def test_a_source_that_is_late_holds_up_no_other() -> None:
    """The one that does is shown."""
    office = office_with(Painter(), Gallery(late=True), Gallery())
    incident = await pictured(office)
    assert len(incident.pictures) == 2


async def test_evidence_that_is_asked_for_anew_draws_anew() -> None:
    """The message stays; it shows the newer picture."""
    office = office_with(Painter(), Gallery())
    incident = await pictured(office)
    first = incident.pictures["chart:page"].file_id
    office.clock.advance(minutes=5)
    await office.typed("evidence --again", at=incident.surface.channel_id)
    incident = await office.incident(incident)
    assert incident.pictures["chart:page"].file_id != first
    assert len(office.lines(incident, "chart:page")) == 1
