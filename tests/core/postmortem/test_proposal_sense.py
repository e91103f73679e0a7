"""An alert is proposed only where it makes sense: on a bound that was passed, and that would have
told of this incident rather than of another one."""

from __future__ import annotations

from opsbot.core.evidence import FindingKind
from opsbot.core.postmortem.alert_rule import bound_for
from opsbot.core.postmortem.draft import postmortem
from tests.core.postmortem.drafted import text
from tests.core.postmortem.test_proposal import background, kept, memory, proposed
from tests.documents import records
from tests.documents.pen import at, found


def test_what_fired_and_ended_long_before_is_not_called_earlier() -> None:
    """A peak at 11:46 was over by 11:51: it was of something else, and a page for nothing."""
    pen = records.rolled_back_and_verified()
    points = ((m / 4, 250.0 if m >= 0 else 100.0) for m in range(-60, 33))
    peak = memory(*((m, 500.0 if -14 <= m < -9 else used) for m, used in points))
    proposal = proposed(pen, blobs=kept(pen, peak))
    assert proposal is not None
    assert proposal.backtest.fires_at == at(2)
    assert "would have paged 1 time more before that" in proposal.backtest.said


def test_no_bound_is_made_up_where_the_usual_is_not_known_or_was_not_passed() -> None:
    """A tenth of a second would page all day; three times the usual was never reached."""
    assert bound_for(found(FindingKind.LATENCY, "a", 0, "x", 2.3, None, unit="s")) is None
    assert bound_for(found(FindingKind.ERRORS, "a", 0, "x", 0.04, 0.02)) is None
    assert bound_for(found(FindingKind.SATURATION, "a", 0, "x", 0.8, 0.5)) is None


def test_an_alert_that_would_have_kept_silent_is_nobodys_task() -> None:
    pen = records.rolled_back_and_verified()
    calm = memory(*((m / 4, 100.0) for m in range(-60, 33)))
    blobs = kept(pen, calm)
    document = postmortem(pen.incident, pen.entries, background(blobs=blobs))
    assert document.proposal is not None
    assert "Take over the alert" not in text(document.suggestions)
