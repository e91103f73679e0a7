"""What a verification saw, as a clause: the figures of the record before and after, each once."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.measures import exactly
from opsbot.core.redaction import REDACTED
from opsbot.core.run_entry import CheckOutcome
from opsbot.core.run_preview import reading
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.text import inert

_LONGEST = 300


def seen_by(request: e.RunRequested, body: e.RunVerified) -> str:
    """`the error share of checkout-api fell from 9.4 % to 0 % in 30 s`; the verification's own
    words where it did not pass or the record lacks a figure; empty when nothing was said."""
    check = request.plan.check
    return _moved(check, body) or _in_its_words(check, body)


def _moved(check: RenderedCheck | None, body: e.RunVerified) -> str:
    if check is None or not check.signal or body.outcome is not CheckOutcome.PASSED:
        return ""
    before, after = body.before, body.after
    if before is None or after is None or not (math.isfinite(before) and math.isfinite(after)):
        return ""
    was, now = reading(before, check.unit), reading(after, check.unit)
    if was == now:
        return ""
    of = f" of {inert(check.service, 80)}" if check.service else ""
    verb = "fell" if after < before else "rose"
    took = f" in {exactly(timedelta(seconds=body.took_s))}" if body.took_s >= 1 else ""
    return f"the {inert(check.signal.replace('_', ' '), 80)}{of} {verb} from {was} to {now}{took}"


def _in_its_words(check: RenderedCheck | None, body: e.RunVerified) -> str:
    """What it said, with a figure of before that it left out."""
    said = "(redacted)" if body.said == REDACTED else inert(body.said, _LONGEST)
    if body.before is None or not math.isfinite(body.before):
        return said
    was = reading(body.before, check.unit if check else "")
    if re.search(rf"(?<![\d.,]){re.escape(was)}", said):
        return said
    return f"{said} ({was} before the run)" if said else f"{was} before the run"
