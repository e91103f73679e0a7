"""The fault switch: what goes wrong, for which method, how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from opsbot.sandbox.slack.facts import COMMON_ERRORS, METHODS

Kind = Literal[
    "ratelimited",
    "server_error",
    "committed_then_timeout",
    "committed_then_dropped",
    "dropped",
    "slow",
    "error",
    "unreadable",
]
Matcher = Callable[[Mapping[str, Any]], bool]
Down = Literal["closed", "503"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; build it with the functions below.

    `after_commit` does the work first and then answers with the fault (Slack's `internal_error`
    and `fatal_error` allow that part of the operation succeeded).
    """

    kind: Kind
    retry_after: int = 1
    status: int = 500
    seconds: float = 0.0
    name: str = ""
    after_commit: bool = False
    in_200: bool = False


def ratelimited(retry_after: int, *, in_200: bool = False) -> Fault:
    """429 with `Retry-After` in whole seconds; `in_200` hides it in a 200 body."""
    return Fault(kind="ratelimited", retry_after=retry_after, in_200=in_200)


def server_error(status: int = 500, *, after_commit: bool = False) -> Fault:
    """An HTTP 5xx with an HTML body."""
    return Fault(kind="server_error", status=status, after_commit=after_commit)


def committed_then_timeout() -> Fault:
    """Do the work, then stay silent until the client gives up."""
    return Fault(kind="committed_then_timeout", after_commit=True)


def committed_then_dropped() -> Fault:
    """Do the work, then close the connection without an answer."""
    return Fault(kind="committed_then_dropped", after_commit=True)


def dropped() -> Fault:
    """Close the connection before doing anything."""
    return Fault(kind="dropped")


def slow(seconds: float) -> Fault:
    """Wait before doing the work, then answer as usual."""
    return Fault(kind="slow", seconds=seconds)


def error(name: str, *, after_commit: bool = False) -> Fault:
    """Answer `{"ok": false, "error": name}`, before or after doing the work."""
    return Fault(kind="error", name=name, after_commit=after_commit)


def unreadable() -> Fault:
    """Do the work, then answer 200 with an HTML page instead of JSON."""
    return Fault(kind="unreadable", after_commit=True)


@dataclass(slots=True)
class _Switched:
    fault: Fault
    left: int | None
    matches: Matcher | None


class Faults:
    """Faults by method name, `*` for every method; the method's own come first, oldest first.

    `latency` is seconds added to every call (benchmarks count round trips with it). `down` refuses
    every call: by closing the connection, or with 503.
    """

    def __init__(self) -> None:
        self._switched: dict[str, list[_Switched]] = {}
        self.latency = 0.0
        self.down: Down | None = None

    def add(
        self,
        method: str,
        fault: Fault,
        *,
        times: int | None = None,
        matching: Matcher | None = None,
    ) -> None:
        """Switch a fault on for `times` calls (None: until cleared) whose arguments match.

        Raises ValueError for a method the sandbox lacks or an error name Slack does not answer it.
        """
        _check(method, fault)
        self._switched.setdefault(method, []).append(_Switched(fault, times, matching))

    def clear(self, method: str | None = None) -> None:
        """Switch off the faults of one method, or everything including latency and down."""
        if method is not None:
            self._switched.pop(method, None)
            return
        self._switched.clear()
        self.latency = 0.0
        self.down = None

    def take(self, method: str, arguments: Mapping[str, Any]) -> Fault | None:
        """Use up and return the fault this call meets, if any."""
        for key in (method, "*"):
            for switched in self._switched.get(key, []):
                if switched.matches is not None and not switched.matches(arguments):
                    continue
                return self._use(key, switched)
        return None

    def _use(self, key: str, switched: _Switched) -> Fault:
        if switched.left is not None:
            switched.left -= 1
            if switched.left <= 0:
                self._switched[key].remove(switched)
        return switched.fault


def _check(method: str, fault: Fault) -> None:
    if method != "*" and method not in METHODS:
        raise ValueError(f"The sandbox has no method {method!r}; see facts.json for those it has.")
    possible = COMMON_ERRORS if method == "*" else METHODS[method].errors
    if fault.kind == "error" and fault.name not in possible:
        raise ValueError(f"Slack never answers {method} with {fault.name!r}; see facts.json.")
