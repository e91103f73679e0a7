"""`opsbot manifest`: the Slack app as Slack makes it, with the reason of everything it asks for."""

from __future__ import annotations

import os
from argparse import Namespace

from rich.console import Console
from rich.table import Table

from opsbot.app.settings import read_settings, settings_path
from opsbot.app.store import Unusable
from opsbot.slack.manifest import COMMANDS, NotPublic, as_json, as_yaml, manifest
from opsbot.slack.scopes import EVENTS, SCOPES


def run(arguments: Namespace) -> int:
    """Print the manifest, or with --why a table of reasons. Raises Unusable for a bad address."""
    if arguments.why:
        _print_reasons()
        return 0
    try:
        made = manifest(commands=_commands(arguments), url=arguments.http)
    except NotPublic as why:
        raise Unusable(str(why)) from None
    text = as_json(made) if arguments.format == "json" else as_yaml(made)
    print(text, end="")  # noqa: T201 - the output
    return 0


def _commands(arguments: Namespace) -> tuple[str, ...]:
    """The names of the slash commands; there need be no settings file yet."""
    named = bool(arguments.config or os.environ.get("OPSBOT_CONFIG"))
    if not named and not settings_path(arguments, os.environ).exists():
        return COMMANDS
    slack = read_settings(arguments).slack
    if slack.receive == "http" and not arguments.http:
        raise Unusable(
            "slack.receive is http, so Slack has to be told opsbot's address: add "
            "`--http https://opsbot.example.com`"
        )
    return slack.commands


def _print_reasons() -> None:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for heading in ("scope", "what for", "without it"):
        table.add_column(heading, overflow="fold")
    for name, scope in SCOPES.items():
        optional = " (optional)" if scope.optional else ""
        table.add_row(name + optional, scope.why, scope.without)
    console = Console(highlight=False)
    console.print(table)
    events = Table(show_edge=False, pad_edge=False, header_style="bold")
    for heading in ("event", "what for", "needs"):
        events.add_column(heading, overflow="fold")
    for name, event in EVENTS.items():
        events.add_row(name, event.why, event.scope or "-")
    console.print()
    console.print(events)
