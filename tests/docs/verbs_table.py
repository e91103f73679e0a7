"""The verbs in the documents: how they are typed, what may follow, and by which ways they come."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from opsbot.catalog.commands import read_commands
from opsbot.core.verb import Verb
from opsbot.slack.payloads_interaction import FROM_MESSAGE
from tests.docs.markdown_table import table
from tests.docs.pages import ROOT

PINNED = "note"  # what a reaction asks for


@cache
def verbs() -> tuple[Verb, ...]:
    """Every shipped verb, by name."""
    return tuple(sorted(read_commands().verbs, key=lambda verb: verb.name))


def verbs_table() -> str:
    """The table of the shipped verbs; those that help does not list stand last."""
    rows = [
        (
            f"`{verb.name}`",
            ", ".join(f"`{word}`" for word in verb.aliases),
            f"`{verb.usage}`" if verb.usage else "",
            verb.summary,
            ", ".join(ways_of(verb)),
        )
        for verb in sorted(verbs(), key=lambda verb: verb.hidden)
    ]
    return table(("verb", "also", "what may follow", "what it does", "besides typing"), rows)


def verbs_until_the_end() -> str:
    """The sentence that names the verbs which do nothing once an incident is over."""
    names = [f"`{verb.name}`" for verb in verbs() if not verb.when_over]
    return (
        f"Once an incident is over, {', '.join(names[:-1])} and {names[-1]} do nothing and say so. "
        "The others still work, because a note may come late; no source is asked anew."
    )


def ways_of(verb: Verb) -> Iterator[str]:
    """The ways that lead to a verb besides typing and mentioning, which lead to all. A form comes
    when a button asks for it, or when something required was not typed."""
    if verb.form and (verb.form_first or any(one.required for one in verb.parameters)):
        yield "form"
    if verb.name in _pressed():
        yield "button"
    if verb.name in FROM_MESSAGE.values():
        yield "message menu"
    if verb.name == PINNED:
        yield "pushpin"


@cache
def _pressed() -> frozenset[str]:
    """The verbs that some button of ours asks for."""
    menu = sys.modules["opsbot_commands.shipped.menu"]
    found = set(menu.LABELS)
    for folder in ("commands", "opsbot/core", "opsbot/flows"):
        for file in (ROOT / folder).rglob("*.py"):
            found |= set(_actions(file))
    return frozenset(found)


def _actions(file: Path) -> Iterator[str]:
    """The verb at the beginning of every action that a button is made with, as far as written."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Button":
            continue
        for given in node.keywords:
            if given.arg == "action":
                yield _written(given.value).partition(":")[0]


def _written(value: ast.expr) -> str:
    first = value.values[0] if isinstance(value, ast.JoinedStr) else value
    return str(first.value) if isinstance(first, ast.Constant) else ""
