"""`opsbot demo`: a whole incident against the sandbox, with no account anywhere.

opsbot itself runs unchanged, as a process of its own, on SQLite; Slack, PagerDuty and the
telemetry backends around it are the sandbox, speaking their real HTTP APIs on loopback.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import threading
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.paper import say
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.config import Settings
from opsbot.core.incident import Incident
from opsbot.sandbox.bot import BotFailed
from opsbot.sandbox.cast import NeverCame
from opsbot.sandbox.epilogue import Epilogue
from opsbot.sandbox.hurry import HURRIED, SCRAPED_EVERY
from opsbot.sandbox.page.site import WorkspacePage
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.progress import Progress
from opsbot.sandbox.report import Marks
from opsbot.sandbox.response import Response, Stopped
from opsbot.sandbox.scenario import Scenario, ScenarioError
from opsbot.sandbox.scenario_file import load_scenario, scenario_names
from opsbot.sandbox.scene import Scene
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.real_tokens import RealTokenConfigured
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

COMPLETE_WITHIN = 30.0  # seconds from the page to complete evidence, far beyond every deadline
QUIET_FOR = 0.4  # seconds without a call to Slack that count as settled
QUIET_WITHIN = 15.0  # seconds that are waited for it: a busy visitor is never quiet


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
            way = Way(
                once=arguments.once,
                pace=0.0 if arguments.once else arguments.pace,
                by_hand=arguments.by_hand,
                report=report,
            )
            demo = Demo(scenario, Path(folder), console, Path(arguments.out).resolve())
            return asyncio.run(demo.play(way))
    except (BotFailed, RealTokenConfigured) as why:
        console.print(f"opsbot demo: {why}", style="red", markup=False)
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a scenario is played. `pace` is the seconds left to the visitor before each act."""

    once: bool = False  # to its end, without a page
    pace: float = 15.0
    by_hand: bool = False  # nobody acts but the visitor
    report: Path | None = None


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
            changes=HURRIED,
            scrape_seconds=SCRAPED_EVERY,
        )
        self._page: WorkspacePage | None = None
        self._first_byte: float | None = None
        self._clock = SystemClock()
        self._trouble = ""  # what did not come

    async def play(self, way: Way) -> int:
        """Start everything, page, tell what happens, and stay up unless it is played once."""
        self._console.print(f"\n{self._scenario.company}", style="bold")
        say(self._console, self._scenario.story.strip(), hang=0, style="dim")
        self._console.print("\nstarting the sandbox and opsbot ...", style="dim")
        try:
            await self._stage.start()
            if not way.once:
                await self._open_page(way)
            code = await self._incident(way)
            if not way.once:
                await self._stay()
            return code
        finally:
            with _undisturbed():
                if self._page is not None:
                    await self._page.stop()
                await self._stage.stop()

    async def _open_page(self, way: Way) -> None:
        """The workspace in a browser, to take part in."""
        stage, console = self._stage, self._console
        self._page = WorkspacePage(stage.slack, stage.world, landing=stage.places.digest)
        address = await self._page.start()
        console.print(f"\nThe workspace in your browser: {address}", style="bold", soft_wrap=True)
        be = "Be anybody in it: press buttons, type /incident help, send pages, break things."
        respond = "The company's people respond, too. A line with --> says what they do next, so"
        yours = f"{respond} that you can do it instead. Ctrl-C ends everything."
        say(console, be if way.by_hand else f"{be} {yours}", hang=0, style="dim")
        console.print()

    async def _incident(self, way: Way) -> int:
        workspace = self._stage.slack.workspace
        progress = Progress(self._console, workspace, self._since)
        stop_listening = workspace.subscribe(progress.change)
        page = await self._stage.world.pagerduty.trigger()
        progress.say("page sent", f"signed PagerDuty V3 webhook: {self._scenario.page.title}")
        acknowledged = await self._acknowledged(page, progress)
        settings = self._settings()
        async with open_record(settings, self._clock) as record:
            incident, complete = await self._until_complete(record, page, progress)
            if incident is None or not (complete or incident.status.is_over):
                return self._incomplete()
            if not way.by_hand:
                await self._respond(record, incident, progress, way)
            await self._settled()
            stop_listening()
            entries = tuple(await record.entries(incident.id))
            incident = await record.incident(incident.id)
        marks = Marks(
            first_byte=self._first_byte or 0.0,
            acknowledged=acknowledged,
            evidence_complete=complete,
        )
        epilogue = Epilogue(self._stage, self._console, settings, incident, entries)
        verified = await epilogue.ask()
        epilogue.tell()
        if way.report is not None:
            epilogue.write(way.report, self._scenario.name, marks)
        return 0 if verified and not self._trouble else 1

    def _incomplete(self) -> int:
        self._console.print("the incident did not complete; opsbot said:", style="red")
        self._console.print(self._stage.bot.log_text[-3000:], markup=False)
        return 1

    async def _respond(
        self, record: SqlRecord, incident: Incident, progress: Progress, way: Way
    ) -> None:
        """People respond, from the first press to the postmortem."""
        await self._settled()
        scene = Scene(self._stage, record, incident.id, progress)
        try:
            await Response(scene, way.pace).play()
        except Stopped as why:
            # Only a visitor decides otherwise: played once, something is wrong.
            self._trouble = str(why) if way.once else ""
            progress.say("the cast stops", f"{why}; the rest is left to you", style="bold yellow")
        except (NeverCame, CannotAct) as missing:
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
        """Wait until every source has answered, or it is over; tell each answer as it comes."""
        told: set[str] = set()
        incident: Incident | None = None
        until = self._clock.monotonic() + COMPLETE_WITHIN
        while self._clock.monotonic() < until:
            incident = await _incident_of(record, page, incident)
            for name, answer in incident.reports.items() if incident else ():
                if name not in told:
                    told.add(name)
                    progress.report(answer)
            if incident is not None and incident.evidence_complete_at:
                progress.say("evidence complete", f"{len(told)} sources")
                return incident, self._clock.monotonic()
            if incident is not None and incident.status.is_over:
                break
            await asyncio.sleep(0.03)
        return incident, None

    async def _settled(self) -> None:
        """Wait until Slack has been quiet for a moment, so that the last edits are in."""
        journal = self._stage.slack.journal
        seen, still = len(journal.calls), 0.0
        until = self._clock.monotonic() + QUIET_WITHIN
        while (still < QUIET_FOR or journal.in_flight) and self._clock.monotonic() < until:
            await asyncio.sleep(0.05)
            still = still + 0.05 if len(journal.calls) == seen else 0.0
            seen = len(journal.calls)

    async def _stay(self) -> None:
        """Stay up until Ctrl-C, so that one can look around."""
        self._console.print()
        stays = (
            f"opsbot runs at {self._stage.bot.url} (try /metrics); the workspace stays open in "
            "your browser: declare another incident there, or send a page. Ctrl-C ends both."
        )
        say(self._console, stays, hang=0)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def _incident_of(record: SqlRecord, page: Page, known: Incident | None) -> Incident | None:
    """The incident that the page opened, as it is by now."""
    if known is not None:
        return await record.incident(known.id)
    for incident_id in await record.open_incidents():
        found = await record.incident(incident_id)
        if page.id in found.alerts:
            return found
    return None


@contextmanager
def _undisturbed() -> Generator[None]:
    """A second Ctrl-C while everything is being stopped stops nothing halfway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, held)
