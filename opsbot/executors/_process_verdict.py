"""What came of a process: the program's own verdict, or that it gave none."""

from __future__ import annotations

import json
import signal
from pathlib import PurePosixPath
from typing import Any, cast

from opsbot.core.runbook import Scalar
from opsbot.core.text import count, inert
from opsbot.executors._call_fields import is_scalar
from opsbot.executors._output import Kept
from opsbot.executors._process_call import ProcessCall
from opsbot.executors._process_group import Ended
from opsbot.executors._process_settings import ProcessSettings
from opsbot.ports import CallOutcome, Failed, Succeeded, Ticket, Unclear

_LOOK = "Look at the target before you do anything: it may be done, half done, or not begun."
_MOST_VALUES, _LONGEST_VALUE = 50, 1_000


def verdict(
    call: ProcessCall, ended: Ended, kept: Kept, ticket: Ticket, settings: ProcessSettings
) -> CallOutcome:
    """Succeeded for exit code 0, Failed for another; Unclear when it had to be ended, or was ended
    by a signal: nobody has said then what it has done.

    A program that fails is taken to have left nothing behind, as programs of Unix are meant to: its
    code says no more, and one that only refused its arguments must not begin a rollback. A runbook
    whose program may fail half way splits it in two steps, so that one has succeeded before.
    """
    name = inert(PurePosixPath(call.argv[0]).name, 60)
    if why := _without_verdict(ended, ticket, settings):
        return Unclear(said=f"{name} {why}. {_LOOK}", output=kept.text, cut=kept.cut)
    rest = " Something it had started still held its output, and was ended." if ended.left else ""
    if ended.code:
        last = f": {inert(kept.last_line, 160)}" if kept.last_line else ""
        said = f"{name} failed with exit code {ended.code}{last}{'.' if rest else ''}{rest}"
        return Failed(said=said, output=kept.text, cut=kept.cut)
    values, taken = _values(kept) if call.values else ({}, "")
    said = f"{name} succeeded.{taken}{rest}"
    return Succeeded(output=kept.text, said=said, values=values, cut=kept.cut)


def _without_verdict(ended: Ended, ticket: Ticket, settings: ProcessSettings) -> str:
    if ended.alive:
        return "could not be ended and may still run"
    if ended.flooded:
        return f"wrote more than {settings.most_output_mib:,} MiB and was ended"
    if ended.code is None:
        return f"did not end within {ticket.timeout_s:g} s and was ended"
    return f"was ended by {_signal_name(-ended.code)}, not by us" if ended.code < 0 else ""


def _values(kept: Kept) -> tuple[dict[str, Scalar], str]:
    """The scalars of the JSON object on the last line, or a sentence saying that there is none."""
    try:
        read: Any = json.loads(kept.last_line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        return {}, " Its last line is no JSON object, so no values were taken."
    found = {
        name: value[:_LONGEST_VALUE] if isinstance(value, str) else value
        for name, value in list(cast("dict[str, Any]", read).items())[:_MOST_VALUES]
        if is_scalar(value) and len(name) <= 100 and _is_moderate(value)
    }
    return found, f" {count(len(found), 'value')} taken from its last line."


def _is_moderate(value: Scalar) -> bool:
    return isinstance(value, str) or abs(value) < 1 << 63  # what a record can hold


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
