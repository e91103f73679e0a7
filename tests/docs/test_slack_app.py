"""The Slack app's manifest asks for what the code needs, and for nothing else."""

from __future__ import annotations

import ast
import re
from typing import Any

import yaml

from opsbot.sandbox.slack.facts import ALSO_NEEDED
from opsbot.sandbox.slack.facts import METHODS as FACTS
from opsbot.slack.manifest import manifest
from opsbot.slack.methods import METHODS
from opsbot.slack.scopes import EVENTS, NEEDED_SCOPES, SCOPES
from tests.docs.pages import ROOT, code, fences, page, rows, section

TEXT = page("docs/slack-app.md")
OPSBOT = ROOT / "opsbot"
(MANIFEST_TEXT,) = [fence.text for fence in fences(TEXT) if fence.language == "yaml"]
MANIFEST: dict[str, Any] = yaml.safe_load(MANIFEST_TEXT)

# Rooms are public or private channels: of a method's scopes, those for direct messages never help.
_FAMILIES = ("channels:", "groups:")
# Slack page "commands": slash commands and message shortcuts.
_FEATURES = {"commands"}


def of_methods() -> set[str]:
    """The scopes of every method opsbot calls, for public and for private channels."""
    wanted: set[str] = set(ALSO_NEEDED.values())
    for method in METHODS:
        scopes = FACTS[method].scopes
        by_family = [s for s in scopes if s.startswith(_FAMILIES)]
        if not by_family or len(scopes) == 1:
            wanted |= set(scopes)
            continue
        # The broad scope of each kind of channel; the narrower ones are part of it.
        wanted |= {s for s in by_family if s in ("channels:manage", "groups:write")}
        wanted |= {s for s in by_family if s.endswith((":history", ":read"))}
    return wanted


def test_the_manifest_asks_for_exactly_what_methods_events_and_features_need() -> None:
    of_events = {event.scope for event in EVENTS.values()} - {""}
    assert of_methods() | of_events | _FEATURES == set(SCOPES) == set(NEEDED_SCOPES)


def test_the_page_shows_the_manifest_that_the_command_prints() -> None:
    assert manifest() == MANIFEST


def test_every_scope_and_event_is_explained() -> None:
    scopes = rows(section(TEXT, "Why each permission"))
    assert {word for row in scopes for word in code(row[0])} == set(SCOPES)
    events = rows(section(TEXT, "Why each event"))
    assert {word for row in events for word in code(row[0])} == set(EVENTS)


def _labels() -> set[str]:
    """The label of every button that core and flows make, where it is written out."""
    found: set[str] = set()
    for file in (*(OPSBOT / "core").rglob("*.py"), *(OPSBOT / "flows").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Button":
                continue
            labels = [given.value for given in node.keywords if given.arg == "label"]
            found |= {str(one.value) for one in labels if isinstance(one, ast.Constant)}
    return found


def test_every_button_is_explained_and_every_explained_one_exists() -> None:
    table = rows(section(TEXT, "What comes in"))
    explained = {word for row in table for word in re.findall(r"\*([^*]+)\*", row[0])}
    assert _labels() <= explained
    source = "".join(file.read_text("utf-8") for file in OPSBOT.rglob("*.py"))
    assert [label for label in explained if f'"{label}"' not in source] == []
