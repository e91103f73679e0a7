"""Findings on a terminal: one line a fact and its fix below it, in a fixed order."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

from opsbot.app.doctor.finding import Finding, Verdict
from opsbot.app.paper import say
from opsbot.core.text import listed

_MARKS = {
    Verdict.OK: ("ok", "green"),
    Verdict.WARN: ("warn", "yellow"),
    Verdict.BAD: ("BAD", "bold red"),
    Verdict.SKIPPED: ("-", "dim"),
}
_MARK, _NAME = 6, 21  # columns
_HANG = _MARK + _NAME


class Paper:
    """Prints findings in the order of `names`, each as soon as those before it are there.

    Meanwhile it says what is still being asked; off a terminal it does not.
    """

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console = console
        self._names = list(names)
        self._came: dict[str, Finding] = {}
        self._printed = 0
        self._status = Status(self._waiting(), console=console, spinner="dots")

    def __enter__(self) -> Paper:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._status.stop()

    def tell(self, finding: Finding) -> None:
        """Take a finding, and print whatever can be printed now."""
        self._came[finding.name] = finding
        while self._printed < len(self._names):
            due = self._came.get(self._names[self._printed])
            if due is None:
                break
            self._print(due)
            self._printed += 1
        self._status.update(self._waiting())

    def sum_up(self) -> None:
        """Print how many findings there are of each kind, the worst first."""
        self._console.print(summary(tuple(self._came.values())), style="bold", markup=False)

    def _waiting(self) -> Text:
        missing = tuple(name for name in self._names if name not in self._came)
        told = f"{len(self._came)} of {len(self._names)} answered; asking {listed(missing, 3)}"
        return Text(told, style="dim")

    def _print(self, finding: Finding) -> None:
        mark, style = _MARKS[finding.verdict]
        head = f"{mark:<{_MARK}}{finding.name:<{_NAME}}"
        quiet = "dim" if finding.verdict is Verdict.SKIPPED else ""
        lines = self._wrapped(head + finding.said)
        first = Text(lines[0], style=quiet)
        first.stylize(style, 0, len(mark))
        self._console.print(first, soft_wrap=True)
        for line in lines[1:]:
            self._console.print(Text(line, style=quiet), soft_wrap=True)
        if finding.fix:
            say(self._console, f"{' ' * _HANG}{finding.fix}", hang=_HANG, style="dim")

    def _wrapped(self, text: str) -> list[str]:
        """Lines of the console's width; what follows the first stands below what was said."""
        return textwrap.wrap(
            text, width=max(self._console.width, _HANG + 40), subsequent_indent=" " * _HANG,
            break_long_words=False, break_on_hyphens=False, replace_whitespace=False,
        )  # fmt: skip


def summary(findings: Sequence[Finding]) -> str:
    """`1 needs a person, 2 to look at, 14 fine, 3 not looked at`."""
    found = Counter(finding.verdict for finding in findings)
    bad, warned = found[Verdict.BAD], found[Verdict.WARN]
    parts = [
        f"{bad} {'needs' if bad == 1 else 'need'} a person" if bad else "",
        f"{warned} to look at" if warned else "",
        f"{found[Verdict.OK]} fine",
        f"{found[Verdict.SKIPPED]} not looked at" if found[Verdict.SKIPPED] else "",
    ]
    return ", ".join(part for part in parts if part)
