"""The faults the panel switches on and off: of Slack, of PagerDuty, of the telemetry backends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import cast, get_args

from opsbot.sandbox import faults as backend_faults
from opsbot.sandbox.faults import Fault
from opsbot.sandbox.slack import faults as slack_faults
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.world import SourceName, World

SLOW_SECONDS = 4.0
_RETRY_AFTER = 10
_LABELS = {
    "pagerduty": "PagerDuty",
    "prometheus": "Prometheus",
    "loki": "Loki",
    "tempo": "Tempo",
    "github": "GitHub",
    "kubernetes": "Kubernetes",
}
SOURCE_FAULTS: dict[str, tuple[str, Fault | None]] = {
    "fine": ("answers", None),
    "down": ("is down", backend_faults.DOWN),
    "slow": ("is 10 s late", backend_faults.slow(10.0)),
    "error": ("answers 503", backend_faults.error(503)),
    "empty": ("finds nothing", backend_faults.EMPTY),
    "huge": ("answers without end", backend_faults.HUGE),
}


class NoSuchSwitch(ValueError):
    """The sandbox has no such switch; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One fault, on or off."""

    name: str
    label: str
    on: bool
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A backend, the ways in which it can misbehave, and the one in force."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    now: str


class Switches:
    """Turns faults on and off and knows which are on. The Slack ones replace each other's like."""

    def __init__(self, slack: SlackSandbox, world: World | None) -> None:
        self._slack, self._world = slack, world
        self._limited = self._silenced = False
        self._acts: dict[str, Callable[[bool], Awaitable[None]]] = {
            "slack-limited": self._limit,
            "slack-slow": self._slow,
            "slack-down": self._down,
            "slack-twice": self._twice,
        }
        if world is not None:
            self._acts["pagerduty-drops"] = self._drop
            self._acts["logs-silent"] = self._silence

    def version(self) -> str:
        """Return a text that differs once a switch has been turned."""
        return repr((self.of_slack(), self.of_pagerduty(), self.of_telemetry(), self.sources()))

    def of_slack(self) -> tuple[Switch, ...]:
        """Return the faults of Slack."""
        faults, extra = self._slack.faults, self._slack.courier.duplicates.extra
        return (
            Switch(
                name="slack-limited",
                label="Rate limited",
                on=self._limited,
                hint=f"every call gets 429, Retry-After {_RETRY_AFTER}",
            ),
            Switch(
                name="slack-slow",
                label="Slow",
                on=faults.latency > 0,
                hint=f"every call takes {SLOW_SECONDS:.0f} s",
            ),
            Switch(
                name="slack-down",
                label="Down",
                on=faults.down is not None,
                hint="every call gets 503",
            ),
            Switch(
                name="slack-twice",
                label="Delivers everything twice",
                on=extra > 0,
                hint="events, commands and clicks",
            ),
        )

    def of_pagerduty(self) -> tuple[Switch, ...]:
        """Return the faults of PagerDuty's webhooks."""
        if self._world is None:
            return ()
        return (
            Switch(
                name="pagerduty-drops",
                label="Webhooks are lost",
                on=self._world.pagerduty.drops_webhooks,
                hint="nothing is sent, nothing is sent again",
            ),
        )

    def of_telemetry(self) -> tuple[Switch, ...]:
        """Return the faults of what the backends hold."""
        if self._world is None:
            return ()
        return (
            Switch(
                name="logs-silent",
                label="Logs fall silent",
                on=self._silenced,
                hint="no line is collected from the page on",
            ),
        )

    def sources(self) -> tuple[Source, ...]:
        """Return the backends."""
        if self._world is None:
            return ()
        choices = tuple((value, label) for value, (label, _) in SOURCE_FAULTS.items())
        return tuple(
            Source(name=name, label=label, choices=choices, now=_now(self._world, name))
            for name, label in _LABELS.items()
        )

    async def turn(self, name: str, on: bool) -> None:
        """Turn a switch; raises NoSuchSwitch."""
        act = self._acts.get(name)
        if act is None:
            raise NoSuchSwitch(f"The sandbox has no switch {name!r}.")
        await act(on)

    async def set_source(self, name: str, value: str) -> None:
        """Make a backend misbehave, or behave again; raises NoSuchSwitch."""
        if self._world is None or name not in get_args(SourceName) or value not in SOURCE_FAULTS:
            raise NoSuchSwitch(f"The sandbox cannot make {name!r} {value!r}.")
        await self._world.set_fault(cast("SourceName", name), SOURCE_FAULTS[value][1])

    async def _limit(self, on: bool) -> None:
        self._limited = on
        self._slack.faults.clear("*")
        if on:
            self._slack.faults.add("*", slack_faults.ratelimited(_RETRY_AFTER))

    async def _slow(self, on: bool) -> None:
        self._slack.faults.latency = SLOW_SECONDS if on else 0.0

    async def _down(self, on: bool) -> None:
        self._slack.faults.down = "503" if on else None

    async def _twice(self, on: bool) -> None:
        courier = self._slack.courier
        courier.duplicates = replace(courier.duplicates, extra=1 if on else 0)

    async def _drop(self, on: bool) -> None:
        if self._world is not None:
            self._world.pagerduty.drop_webhooks(on)

    async def _silence(self, on: bool) -> None:
        self._silenced = on
        if self._world is not None and on:
            self._world.silence_logs()
        elif self._world is not None:
            self._world.silence_logs(since=None)


def _now(world: World, name: str) -> str:
    fault: Fault | None = getattr(world, name).fault
    kinds = (value for value, (_, one) in SOURCE_FAULTS.items() if one is not None)
    return next((value for value in kinds if fault is not None and fault.kind == value), "fine")
