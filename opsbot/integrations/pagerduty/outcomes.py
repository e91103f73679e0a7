"""What went wrong at PagerDuty as an outcome of a port: refused with its cure, or unsure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations.pagerduty.api import Throttled
from opsbot.ports import Refused, Unsure

AGAIN = timedelta(seconds=30)
ADDRESS = (
    "set integrations.pagerduty.from_email to the login e-mail of a PagerDuty user:"
    " an account key acts in a user's name"
)


def refused(error: BaseException, deadline: float) -> Refused:
    """Why a question got no answer, and whether to ask again; nothing was changed by it."""
    if isinstance(error, asyncio.CancelledError):
        words = f"PagerDuty did not answer within {deadline:g} s"
        return Refused(error=words, cure="opsbot tries again", retry_after=AGAIN)
    if not isinstance(error, LookUpFailed):
        words = f"PagerDuty's answer could not be understood ({type(error).__name__})"
        return Refused(error=words, cure="please report this")
    if isinstance(error, Throttled):
        return Refused(error=error.error, cure="opsbot tries again", retry_after=error.wait)
    if not error.status or error.status >= 500:
        return Refused(error=error.error, cure="opsbot tries again", retry_after=AGAIN)
    return Refused(error=error.error, cure=error.cure or "see PagerDuty's own words")


def not_done(failed: LookUpFailed, deadline: float) -> Refused | Unsure:
    """What became of a write without a good answer: it may have happened once it was sent.

    A 400 to a write is mostly about the From header (PagerDuty's API reference, "Errors").
    """
    if failed.sent and (not failed.status or failed.status >= 500):
        return Unsure(reason=failed.error)
    if failed.status == 400:
        return Refused(error=failed.error, cure=ADDRESS)
    return refused(failed, deadline)


def gravest(errors: Sequence[BaseException], deadline: float) -> BaseException:
    """The error to answer with: one that passes, the one that takes longest, before others."""

    def wait(error: BaseException) -> timedelta:
        return refused(error, deadline).retry_after or timedelta(0)

    return max(errors, key=wait)


def in_words(error: BaseException) -> str:
    """An error for a log line."""
    return error.reason if isinstance(error, LookUpFailed) else type(error).__name__
