"""The one exception for what Slack does not let a person do."""

from __future__ import annotations


class CannotAct(ValueError):
    """Slack does not let this person do this now; the message is a sentence that says why."""
