"""What kinds of error Slack gives, as the tables of error words name them."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What an error means for the call that met it."""

    BENIGN = "benign"  # it stands already as asked for
    GONE = "gone"  # what we point at is not there any more
    CONFIG = "config"  # somebody has to change something in Slack
    FATAL = "fatal"  # the token is no good: nothing works until it is replaced
    RETRY = "retry"  # the same call may succeed later
    BUG = "bug"  # we asked wrongly


# (kind, method or "" for all, error words, cure)
Row = tuple[Kind, str, str, str]
