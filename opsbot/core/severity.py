"""How bad an incident is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad; SEV1 is worst."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"
    SEV5 = "SEV5"
    UNSET = "unset"
