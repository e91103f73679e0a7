"""The refusals the sandbox answers with, as exceptions carrying Slack's error names."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal in Slack's words: `{"ok": false, "error": <name>}` plus any extra fields."""

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(name)
        self.name = name
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the JSON body Slack answers with."""
        return {"ok": False, "error": self.name, **self.extra}


class RateLimited(SlackError):
    """A bucket is empty; `retry_after` is whole seconds, at least one."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


def invalid_arguments(*messages: str) -> SlackError:
    """Build Slack's `invalid_arguments` with its `response_metadata.messages`."""
    return SlackError(
        "invalid_arguments",
        response_metadata={"messages": [f"[ERROR] {message}" for message in messages]},
    )
