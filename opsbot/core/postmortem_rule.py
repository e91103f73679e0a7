"""When a postmortem is written, and by which template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class WriteWhen(StrEnum):
    """What has a postmortem written for the first time."""

    RESOLVED = "resolved"  # the incident was resolved, and not by itself
    ASKED = "asked"  # a person asks for it
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemRule:
    """How this installation writes postmortems. `delay` is the time after the end, in which
    people still say what it was; twice as long nobody may have changed anything before it is
    written again. `shares` tells whether the room gets the document as a file."""

    when: WriteWhen = WriteWhen.ASKED
    delay: timedelta = timedelta(seconds=30)
    template: str = "postmortem"
    shares: bool = True
