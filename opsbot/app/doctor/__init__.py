"""The doctor: asks the real systems whether opsbot can do its work with them, one file a subject.

Start with `examine.py`; a check never raises and changes nothing unless it was told to.
"""

from __future__ import annotations

from opsbot.app.doctor.examine import Check, examine, plan
from opsbot.app.doctor.finding import Finding, Verdict
from opsbot.app.doctor.means import Means, open_means

__all__ = ["Check", "Finding", "Means", "Verdict", "examine", "open_means", "plan"]
