"""`opsbot demo`: a whole incident against the sandbox, with no account anywhere.

opsbot itself runs unchanged, as a process of its own, on SQLite; Slack, PagerDuty and the
telemetry backends around it are the sandbox, speaking their real HTTP APIs on loopback.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.paper import say
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.app.tasks.show import as_data
from opsbot.config import Settings
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.integrations.prometheus.queries import Queries
from opsbot.sandbox.bot import BotFailed
from opsbot.sandbox.cast import NeverCame
from opsbot.sandbox.page.site import WorkspacePage
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.progress import Progress
from opsbot.sandbox.report import Marks, build_report
from opsbot.sandbox.report_story import story_of
from opsbot.sandbox.response import Response
from opsbot.sandbox.scenario import Scenario, ScenarioError
from opsbot.sandbox.scenario_file import load_scenario, scenario_names
from opsbot.sandbox.slack.real_tokens import RealTokenConfigured
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

COMPLETE_WITHIN = 30.0  # seconds from the page to complete evidence, far beyond every deadline
# Nobody watching a demo waits two minutes for an average to fall.
IMPATIENT: Mapping[str, Any] = {
    "integrations": {
        "prometheus": {"queries": {"error_share": Queries().error_share.replace("[2m]", "[30s]")}}
    },
    "postmortem": {"delay": "2s"},
}
QUIET_FOR = 0.4  # seconds without a call to Slack that count as settled


def run(arguments: Namespace) -> int:
    """Play a scenario. Answers 0 when the incident came out whole and its record verifies."""
    if arguments.scenario == "list":
        for name in scenario_names():
            print(f"{name}: {load_scenario(name).story.strip().splitlines()[0]}")  # noqa: T201 - the output
        return 0
    try:
        scenario = load_scenario(arguments.scenario)
    except ScenarioError as unknown:
        print(f"opsbot: {unknown}", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 2
    if arguments.seed is not None:
        scenario = replace(scenario, seed=arguments.seed)
    console = Console(highlight=False)
    report = Path(arguments.report) if arguments.report else None
    try:
        with tempfile.TemporaryDirectory(prefix="opsbot-demo-") as folder:
            demo = Demo(scenario, Path(folder), console, Path(arguments.out).resolve())
            return asyncio.run(demo.play(once=arguments.once, report=report))
    except (BotFailed, RealTokenConfigured) as why:
        console.print(f"opsbot demo: {why}", style="red", markup=False)
        return 1


class Demo:
    """One run of one scenario."""

    def __init__(self, scenario: Scenario, folder: Path, console: Console, out: Path) -> None:
        self._scenario, self._console = scenario, console
        # By Socket Mode, as most will run it: Slack needs no public address.
        self._stage = Stage(
            scenario=scenario,
            folder=folder,
            by_socket=True,
            keeps_in=out / scenario.name,
            changes=IMPATIENT,
        )
        self._page: WorkspacePage | None = None
        self._first_byte: float | None = None
        self._clock = SystemClock()
        self._trouble = ""  # what did not come

    async def play(self, *, once: bool, report: Path | None) -> int:
        """Start everything, page, tell what happens, and stay up unless `once`."""
        self._console.print(f"\n{self._scenario.company}", style="bold")
        self._console.print(self._scenario.story.strip() + "\n", style="dim", markup=False)
        self._console.print("starting the sandbox and opsbot ...", style="dim")
        try:
            await self._stage.start()
            if not once:
                await self._open_page()
            code = await self._incident(report, once=once)
            if not once:
                await self._stay()
            return code
        finally:
            if self._page is not None:
                await self._page.stop()
            await self._stage.stop()

    async def _open_page(self) -> None:
        """The workspace in a browser, to take part in."""
        stage = self._stage
        self._page = WorkspacePage(stage.slack, stage.world, landing=stage.places.digest)
        address = await self._page.start()
        self._console.print(f"\nThe workspace in your browser: {address}", style="bold")
        self._console.print(
            "Be anybody in it: press buttons, type /incident help, send pages, break things.\n",
            style="dim",
        )

    async def _incident(self, report: Path | None, *, once: bool) -> int:
        workspace = self._stage.slack.workspace
        progress = Progress(self._console, workspace, self._since)
        stop_listening = workspace.subscribe(progress.change)
        page = await self._stage.world.pagerduty.trigger()
        progress.say("page sent", f"signed PagerDuty V3 webhook: {self._scenario.page.title}")
        acknowledged = await self._acknowledged(page, progress)
        settings = self._settings()
        async with open_record(settings, self._clock) as record:
            incident, complete = await self._until_complete(record, page, progress)
            if once and incident is not None:
                await self._respond(record, incident, progress)
            await self._settled()
            stop_listening()
            entries = tuple(await record.entries(incident.id)) if incident else ()
            incident = await record.incident(incident.id) if incident else None
        if incident is None or complete is None:
            self._console.print("the incident did not complete; opsbot said:", style="red")
            self._console.print(self._stage.bot.log_text[-3000:], markup=False)
            return 1
        shown = as_data(settings, incident, entries)
        verified = await asyncio.to_thread(self._verified)
        self._tell(shown, verified)
        marks = Marks(
            first_byte=self._first_byte or 0.0,
            acknowledged=acknowledged,
            evidence_complete=complete,
        )
        if report is not None:
            story = await asyncio.to_thread(self._story, incident, entries)
            self._write(report, shown, marks, verified, story)
        return 0 if verified and not self._trouble else 1

    async def _respond(self, record: SqlRecord, incident: Incident, progress: Progress) -> None:
        """People respond, from the first press to the postmortem."""
        await self._settled()
        response = Response(self._stage, record, incident.id, progress)
        try:
            await response.play()
        except NeverCame as missing:
            self._trouble = str(missing)
            progress.say("NEVER CAME", str(missing), style="bold red")

    def _since(self) -> float | None:
        return None if self._first_byte is None else self._clock.monotonic() - self._first_byte

    def _settings(self) -> Settings:
        return read_settings(Namespace(config=str(self._stage.config)), self._stage.secrets)

    async def _acknowledged(self, page: Page, progress: Progress) -> float | None:
        """When the first webhook of the page had its 202."""
        await self._stage.world.pagerduty.settled(page)
        for delivery in self._stage.world.pagerduty.deliveries:
            if delivery.incident_id == page.id and delivery.attempts:
                first = delivery.attempts[0]
                self._first_byte = first.first_byte_at
                progress.say("acknowledged", f"{first.status} from opsbot")
                return first.answered_at
        return None

    async def _until_complete(
        self, record: SqlRecord, page: Page, progress: Progress
    ) -> tuple[Incident | None, float | None]:
        """Wait until every source has answered; tell each answer as it comes."""
        told: set[str] = set()
        incident: Incident | None = None
        until = self._clock.monotonic() + COMPLETE_WITHIN
        while self._clock.monotonic() < until:
            for incident_id in await record.open_incidents():
                found = await record.incident(incident_id)
                incident = found if page.id in found.alerts else incident
            if incident is not None:
                for name, answer in incident.reports.items():
                    if name not in told:
                        told.add(name)
                        progress.report(answer)
                if incident.evidence_complete_at:
                    progress.say("evidence complete", f"{len(told)} sources")
                    return incident, self._clock.monotonic()
            await asyncio.sleep(0.03)
        return incident, None

    async def _settled(self) -> None:
        """Wait until Slack has been quiet for a moment, so that the last edits are in."""
        journal = self._stage.slack.journal
        seen, still = len(journal.calls), 0.0
        while still < QUIET_FOR or journal.in_flight:
            await asyncio.sleep(0.05)
            still = still + 0.05 if len(journal.calls) == seen else 0.0
            seen = len(journal.calls)

    def _verified(self) -> bool:
        done = subprocess.run(  # noqa: S603 - our own command line, fixed words
            self._stage.command("verify"), env=self._environ(), capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
        return done.returncode == 0

    def _environ(self) -> dict[str, str]:
        import os

        return {**os.environ, **self._stage.secrets}

    def _tell(self, shown: dict[str, Any], verified: bool) -> None:
        console = self._console
        console.print("\nThe timeline", style="bold")
        for line in shown["timeline"]:
            mark = "!" if line["gap"] else " "
            source = ", ".join((line["source"], *line["also"]))
            told = f"{mark} {line['at'][11:19]}  {line['text']}  ({source})"
            say(console, told, hang=12, style="yellow" if line["gap"] else None)
        console.print("\nThe card, as text", style="bold")
        say(console, shown["card_text"], hang=14)
        state = "verifies" if verified else "DOES NOT verify"
        console.print(f"\nThe record of INC-{shown['incident']['number']} {state}.", style="bold")

    def _story(self, incident: Incident, entries: tuple[Entry, ...]) -> dict[str, Any]:
        """What was run and learnt; the lint is asked as a person would, on the command line."""
        linted = subprocess.run(  # noqa: S603 - our own command line, fixed words
            self._stage.command("postmortem", "lint", str(incident.number), "--json"),
            env=self._environ(), capture_output=True, timeout=60, check=False, text=True,
        )  # fmt: skip
        return story_of(incident, entries, self._stage.postmortems, linted.stdout)

    def _write(
        self, path: Path, shown: dict[str, Any], marks: Marks, verified: bool,
        story: dict[str, Any],
    ) -> None:  # fmt: skip
        report = build_report(
            scenario=self._scenario.name,
            shown=shown,
            calls=self._stage.slack.journal.calls,
            marks=marks,
            verified=verified,
        )
        report.update(story)
        path.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        self._console.print(f"report written to {path}", style="dim", markup=False)

    async def _stay(self) -> None:
        """Stay up until Ctrl-C, so that one can look around."""
        self._console.print(
            f"\nopsbot runs at {self._stage.bot.url} (try /metrics); the workspace stays open in "
            "your browser. Ctrl-C ends both.",
            markup=False,
        )
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
