"""The Slack app in the documents: its manifest, and the reasons of its scopes and events."""

from __future__ import annotations

from opsbot.slack.manifest import as_yaml, manifest
from opsbot.slack.scopes import EVENTS, SCOPES
from tests.docs.markdown_table import table


def manifest_block() -> str:
    """The manifest of Socket Mode, in a fence."""
    return f"```yaml\n{as_yaml(manifest())}```"


def scopes_table() -> str:
    """What each scope is for, and what is lost without it."""
    rows = [
        (f"`{name}`", scope.why, scope.without + (" (optional)" if scope.optional else ""))
        for name, scope in SCOPES.items()
    ]
    return table(("scope", "what opsbot does with it", "without it"), rows)


def events_table() -> str:
    """What each event is for, and its scope."""
    rows = [
        (f"`{name}`", event.why, f"`{event.scope}`" if event.scope else "none")
        for name, event in EVENTS.items()
    ]
    return table(("event", "what opsbot does with it", "scope"), rows)
