"""How the sandbox's log lines read: a request log in logfmt, and the scenario's own lines."""

from __future__ import annotations

from collections.abc import Callable

from opsbot.sandbox.noise import mixed, weighted
from opsbot.sandbox.scenario import LogTemplate
from opsbot.sandbox.signals import CALL_TIMEOUT, Signals

LineWriter = Callable[[float, int], str]
"""Writes the n-th line of a source, which stands at an offset in seconds."""

_METHODS = ("GET", "GET", "GET", "POST", "PUT")
_OWN_FAILURES = (
    "invalid argument: missing field",
    "unexpected end of stream",
    "conflict: version changed",
)


def request_line(signals: Signals, service: str, level: str, seed: int) -> LineWriter:
    """Give the writer of a service's request log at a level (info or error)."""

    def served(at: float, number: int) -> str:
        bits = mixed(seed, number)
        spread = 0.6 + (bits >> 8 & 1023) / 1024.0
        milliseconds = signals.of(service).latency.at(at) * 1000.0 * spread
        return (
            f'level=info msg="request served" method={_METHODS[bits % 5]} '
            f"path=/{service}/v1/{bits >> 20 & 4095} status=200 "
            f"duration_ms={milliseconds:.1f} request_id={bits & 0xFFFFFFFF:08x}"
        )

    def failed(at: float, number: int) -> str:
        bits = mixed(seed, number)
        request = f"request_id={bits & 0xFFFFFFFF:08x}"
        failing = signals.failing_dependencies(service, at)
        if not failing:
            usual = _OWN_FAILURES[bits % len(_OWN_FAILURES)]
            reason = signals.failure_reason(service, at) or usual
            return f'level=error msg="request failed" status=500 error="{reason}" {request}'
        dependency = weighted(failing, (bits >> 24 & 4095) / 4096.0)
        timeout, error = signals.call_failure(dependency.service, at)
        if (bits >> 12 & 4095) / 4096.0 * (timeout + error) < timeout:
            wait = f"no answer within {CALL_TIMEOUT * 1000:.0f} ms, timeout"
            return (
                f'level=error msg="call failed" peer={dependency.service} error="{wait}" {request}'
            )
        return f'level=error msg="call failed" peer={dependency.service} status=500 {request}'

    return served if level == "info" else failed


def template_line(template: LogTemplate, seed: int) -> LineWriter:
    """Give the writer of a scenario's own line; {n} becomes a number from 20 to 199."""

    def written(_at: float, number: int) -> str:
        return template.text.replace("{n}", str(20 + mixed(seed, number) % 180))

    return written
