"""`opsbot init`: ask a few questions, look at what is there, and draft opsbot.yaml."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.draft.asking import Asker, AtTerminal, Defaults
from opsbot.app.draft.document import document
from opsbot.app.draft.interview import Interview
from opsbot.app.draft.services import drafted_services
from opsbot.app.draft.trial import Trial
from opsbot.app.paper import say
from opsbot.app.store import Unusable
from opsbot.catalog import find_integration, integration_names
from opsbot.config import ConfigInvalid, Weight, check, parse
from opsbot.core.text import count


def run(arguments: Namespace) -> int:
    """Write the draft. Raises Unusable when the file exists and may not be replaced."""
    console = Console(highlight=False)
    silent = arguments.yes or arguments.from_environment
    if not silent and not sys.stdin.isatty():
        raise Unusable(
            "there is nobody to ask: add --yes to take every default, or --from-environment"
        )
    asker: Asker = Defaults(console) if silent else AtTerminal(console)
    try:
        return asyncio.run(
            draft(Path(arguments.out), asker, console, os.environ,
                  guess=not arguments.from_environment)
        )  # fmt: skip
    except ConfigInvalid as invalid:
        raise Unusable(f"an answer cannot be used: {invalid}") from None
    except EOFError:
        raise Unusable("nobody answers any more; nothing was written") from None


async def draft(
    out: Path, asker: Asker, console: Console, environ: Mapping[str, str], *, guess: bool
) -> int:
    """Hold the interview, write the file, and say what is left to do."""
    if await asyncio.to_thread(out.exists):
        answer = await asker.ask(f"{out} exists. Replace it? yes or no", "no")
        if answer.lower() not in ("yes", "y"):
            raise Unusable(f"{out} exists and is left as it is: name another file with --out")
    trial = Trial(SystemClock(), environ, out)
    learnt = await Interview(asker, trial, environ, guess=guess).hold()
    services = drafted_services(learnt.paged, learnt.seen, learnt.calls)
    text = document(learnt.answers, services)
    _write(out, text)
    unsure = sum(service.unsure for service in services)
    console.print(
        f"\nwrote {out}: {count(len(services), 'service')}, {unsure} unsure", style="bold"
    )
    return _left_to_do(console, out, text, environ)


def _write(out: Path, text: str) -> None:
    """Whole or not at all."""
    beside = out.with_name(f"{out.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Unusable(f"{out} cannot be written: {error.strerror}") from None


def _left_to_do(console: Console, out: Path, text: str, environ: Mapping[str, str]) -> int:
    settings = parse(text, out, environ, find_integration, integration_names())
    errors = [one for one in check(settings) if one.weight is Weight.ERROR]
    for finding in errors:
        say(console, f"  {finding.key}: {finding.problem}", hang=4, style="yellow")
    named = "" if out == Path("opsbot.yaml") else f" --config {out}"
    told = f"Look for `# unsure` in it, then run `opsbot check{named}` and `opsbot doctor{named}`."
    say(console, told, hang=0)
    return 1 if errors else 0
