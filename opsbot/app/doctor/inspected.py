"""A look at something beforehand, as a finding: the worst trouble first, and every fix once."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.app.doctor.finding import Finding, bad, ok, warn
from opsbot.ports import Inspection, Trouble

_MOST = 4  # troubles that one line tells; the rest is counted


def finding_of(name: str, inspection: Inspection) -> Finding:
    """`ok` without trouble, `BAD` when some of it hinders, a warning otherwise."""
    if not inspection.troubles:
        return ok(name, inspection.well)
    troubles = sorted(inspection.troubles, key=lambda one: not one.hinders)
    tell = bad if troubles[0].hinders else warn
    return tell(name, _said(troubles), "; ".join(dict.fromkeys(one.fix for one in troubles)))


def _said(troubles: Sequence[Trouble]) -> str:
    rest = len(troubles) - _MOST
    told = [one.said for one in troubles[:_MOST]]
    return "; ".join([*told, *([f"and {rest:,} more"] if rest > 0 else [])])
