"""How questions are put: to a person at a terminal, or to the environment alone."""

from __future__ import annotations

import signal
from typing import Protocol

from rich.console import Console
from rich.text import Text

from opsbot.app.paper import say
from opsbot.core.text import inert

_MARKS = {True: ("ok", "green"), False: ("!", "yellow")}


class Asker(Protocol):
    """Whoever answers. `patient` says whether a wrong answer may be given again."""

    @property
    def patient(self) -> bool: ...
    async def ask(self, question: str, default: str) -> str: ...
    def tell(self, said: str, *, good: bool) -> None: ...


class Defaults:
    """Asks nobody: every answer is the default. What is found is still said."""

    patient = False

    def __init__(self, console: Console) -> None:
        self._console = console

    async def ask(self, question: str, default: str) -> str:
        """The default."""
        return default

    def tell(self, said: str, *, good: bool) -> None:
        """Print one line."""
        _print(self._console, said, good=good)


class AtTerminal:
    """Asks the person at the terminal; an empty answer is the default, shown in brackets."""

    patient = True

    def __init__(self, console: Console) -> None:
        self._console = console

    async def ask(self, question: str, default: str) -> str:
        """What was typed, or the default. Raises EOFError when nobody is there any more."""
        shown = f" [{inert(default, 100)}]" if default else ""
        prompt = Text(f"? {question}{shown}: ", style="bold")
        # Nothing else runs meanwhile. asyncio would keep Ctrl-C to itself until the next line.
        held = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self._console.input(prompt).strip() or default
        finally:
            signal.signal(signal.SIGINT, held)

    def tell(self, said: str, *, good: bool) -> None:
        """Print one line."""
        _print(self._console, said, good=good)


def _print(console: Console, said: str, *, good: bool) -> None:
    mark, style = _MARKS[good]
    say(console, f"  {mark:<3}{inert(said, 500)}", hang=5, style=None if good else style)
