"""What `opsbot check` says of a team's own commands, and of verbs that permissions name."""

from __future__ import annotations

from opsbot.catalog.commands import Book, read_commands
from opsbot.config import Finding, Settings, Weight
from opsbot.core.nearest import nearest
from opsbot.core.text import inert


def team_book(settings: Settings) -> Book:
    """Every verb: opsbot's own and the team's, from `commands/` beside opsbot.yaml."""
    return read_commands(settings.file.parent / "commands")


def command_findings(settings: Settings) -> list[Finding]:
    """Files that were left out, and permissions for verbs that do not exist."""
    book = team_book(settings)
    found = [
        Finding(weight=Weight.WARNING, key="commands", line=0, problem=inert(aside, 300),
                fix="opsbot goes on without it; mend the file and start again")
        for aside in book.aside
    ]  # fmt: skip
    names = {verb.name for verb in book.verbs}
    for number, row in enumerate(settings.permissions):
        for verb in row.verbs:
            if verb in names:
                continue
            key = f"permissions[{number}]"
            close = nearest(verb, names)
            fix = f"Did you mean {close}?" if close else f"Verbs are {', '.join(sorted(names))}"
            found.append(
                Finding(weight=Weight.WARNING, key=key, line=settings.lines.get(key, 0),
                        problem=f"there is no verb '{inert(verb, 60)}', so the row limits nothing",
                        fix=fix)
            )  # fmt: skip
    return found
