"""The demo's end: the timeline, the card, whether the record verifies, where the postmortem lies,
and the report."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from opsbot.app.paper import say
from opsbot.app.tasks.show import as_data
from opsbot.config import Settings
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.sandbox.report import Marks, build_report
from opsbot.sandbox.report_story import published, story_of
from opsbot.sandbox.stage import Stage

ASKED_WITHIN = 60.0  # seconds for one word of the command line


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a word of the command line said."""

    code: int
    said: str


class Epilogue:
    """What is told of one incident when its scenario has been played."""

    def __init__(
        self, stage: Stage, console: Console, settings: Settings, incident: Incident,
        entries: tuple[Entry, ...],
    ) -> None:  # fmt: skip
        self._stage, self._console = stage, console
        self._incident, self._entries = incident, entries
        self._shown: dict[str, Any] = as_data(settings, incident, entries)
        self._verified = False
        self._linted = ""

    async def ask(self) -> bool:
        """Ask as a person would, on the command line; whether the record verifies."""
        verified, linted = await asyncio.gather(
            self._asked("verify"),
            self._asked("postmortem", "lint", str(self._incident.number), "--json"),
        )
        self._verified, self._linted = verified.code == 0, linted.said
        return self._verified

    async def _asked(self, *words: str) -> Asked:
        process = await asyncio.create_subprocess_exec(
            *self._stage.command(*words),
            env={**os.environ, **self._stage.secrets},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(ASKED_WITHIN):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Asked(code=process.returncode or 0, said=said.decode("utf-8", "replace"))

    def tell(self) -> None:
        """Print the timeline, the card, and what came of it."""
        console, shown = self._console, self._shown
        console.print("\nThe timeline", style="bold")
        for line in shown["timeline"]:
            mark = "!" if line["gap"] else " "
            source = ", ".join((line["source"], *line["also"]))
            told = f"{mark} {line['at'][11:19]}  {line['text']}  ({source})"
            say(console, told, hang=12, style="yellow" if line["gap"] else None)
        console.print("\nThe card, as text", style="bold")
        say(console, shown["card_text"], hang=14)
        state = "verifies" if self._verified else "DOES NOT verify"
        console.print(f"\nThe record of INC-{shown['incident']['number']} {state}.", style="bold")
        self._tell_postmortem()

    def _tell_postmortem(self) -> None:
        """Where it lies; nothing when none was written."""
        if self._incident.living.draft is None:
            return
        self._console.print("\nThe postmortem", style="bold")
        for path in published(self._stage.postmortems, self._incident):
            self._console.print(f"  {_from_here(path)}", markup=False, soft_wrap=True)
        room = self._incident.surface.channel_name
        self._console.print(f"  and in #{room}, as a message and a file", markup=False)

    def write(self, path: Path, scenario: str, marks: Marks) -> None:
        """Write the report of it all."""
        report = build_report(
            scenario=scenario,
            shown=self._shown,
            calls=self._stage.slack.journal.calls,
            marks=marks,
            verified=self._verified,
        )
        folder = self._stage.postmortems
        report.update(story_of(self._incident, self._entries, folder, self._linted))
        path.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        self._console.print(f"\nreport written to {path}", style="dim", markup=False)


def _from_here(path: Path) -> Path:
    """The path as somebody in this directory would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
