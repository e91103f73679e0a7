"""The chart of the page once more, when it is over: the series that were kept are asked for anew,
up to the end, so that room and postmortem show the recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.core import entry as e
from opsbot.core.alt_text import alt_text
from opsbot.core.illustration import PAGE
from opsbot.core.incident import Incident
from opsbot.core.last_picture import ask_again, deserves_another, drawn_again, last_key, page_chart
from opsbot.core.picture import Chart
from opsbot.core.postmortem.kept_series import exhibits_of
from opsbot.core.series import Series, pack
from opsbot.flows.illustrate import READY_AFTER, exhibits_for, file_name, keep_picture
from opsbot.flows.investigate import ask_about
from opsbot.ports import Done, Ports, Steps


async def illustrate_end(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> None:
    """Draw it where no postmortem is about to be written, which has it drawn itself."""
    await steps.run("illustrate end", lambda: draw_end(ports, arguments["incident_id"]))


async def draw_end(ports: Ports, incident_id: str) -> None:
    """Draw it once for each end, and keep what it was drawn from.

    Where no source answers, the earlier picture stays; where Slack does not take the new one, the
    room keeps the earlier one, and the postmortem shows the new.
    """
    incident = await ports.record.incident(incident_id)
    if not deserves_another(incident):
        return
    entries = await ports.record.entries(incident_id)
    if any(entry.key == last_key(incident) for entry in entries):
        return
    series = await _series(ports, incident, entries)
    picture = page_chart(incident, series)
    if picture is None:
        return
    body = await _shown(ports, incident, picture)
    drawn_from = b"\n".join(pack(one) for one in picture.series)
    await keep_picture(ports, incident, body, drawn_from, last_key(incident))


async def _series(
    ports: Ports, incident: Incident, entries: Sequence[e.Entry]
) -> tuple[Series, ...]:
    """The kept series with what was measured since; nothing when there is nothing newer."""
    seq = incident.pictures[PAGE].seq
    named = (x.body.blob for x in entries if x.seq == seq and isinstance(x.body, e.Illustrated))
    blob = await ports.record.blob(next(named, ""))
    kept = [one for one in exhibits_of(blob or b"") if isinstance(one, Series)]
    if not kept:
        return ()
    about, horizon = ask_about(ports, incident, None), ports.rules.evidence_horizon
    ask = ask_again(about, incident, kept, horizon, ports.clock.now())
    return drawn_again(kept, await exhibits_for(ports, ask))


async def _shown(ports: Ports, incident: Incident, picture: Chart) -> e.Illustrated:
    """The entry: with the new image if Slack takes it, else with the one that stands there."""
    stands, alt = incident.pictures[PAGE], alt_text(picture)
    drawn = await ports.painter.draw(picture) if ports.painter else None
    if isinstance(drawn, Done) and ports.room is not None and not incident.surface.archived:
        given = await ports.room.upload(file_name(PAGE), drawn.value, alt)
        if isinstance(given, Done):
            await ports.clock.sleep(READY_AFTER)
            return e.Illustrated(
                slot=PAGE, blob="", file_id=given.value, title=picture.title, alt=alt
            )
    return e.Illustrated(
        slot=PAGE, blob="", file_id=stands.file_id, title=stands.title, alt=stands.alt
    )
