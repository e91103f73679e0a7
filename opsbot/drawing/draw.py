"""The drawing child: reads pictures from stdin, writes PNG images to stdout, ends with its stdin.

Run as `python -I -m opsbot.drawing.draw FOLDER` by `opsbot.drawing.worker`; only here is matplotlib
imported, so that the bot itself stays small.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from opsbot.core.picture import Chart, Picture
from opsbot.drawing.wire import PNG, READY, REFUSED, framed, read_frame, unpacked

LONGEST = 30
"""Seconds after which a drawing that nobody waits for any more ends the process."""

NICENESS = 5  # a chart may wait while the bot itself is busy


def main() -> None:
    """Draw until stdin ends."""
    # Whatever a library prints goes to stderr, where it cannot break a frame.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        serve(sys.stdin.buffer, answers, load())
    except BrokenPipeError:  # the parent is gone
        pass
    finally:
        for folder in sys.argv[1:2]:  # ours; the parent removes it too, unless it died first
            shutil.rmtree(folder, ignore_errors=True)


def load() -> Callable[[Picture], bytes] | str:
    """The drawing function, or why there is none. Importing matplotlib takes about half a
    second, so it happens before the first picture is timed."""
    try:
        from opsbot.drawing.chart import draw_chart
        from opsbot.drawing.waterfall import draw_waterfall
    except ImportError as error:
        return f"{error.name or 'a module'} is not installed"

    def draw(picture: Picture) -> bytes:
        return draw_chart(picture) if isinstance(picture, Chart) else draw_waterfall(picture)

    return draw


def serve(asks: BinaryIO, answers: BinaryIO, draw: Callable[[Picture], bytes] | str) -> None:
    """Answer each picture with an image or with why not, until there are no more."""
    if isinstance(draw, str):
        _say(answers, REFUSED, draw.encode())
        return
    gc.freeze()  # what stays for good need not be looked through after every picture
    _say(answers, READY, b"")
    while (frame := read_frame(asks)) is not None:
        signal.alarm(LONGEST)
        try:
            _say(answers, PNG, draw(unpacked(frame[1])))
        except (ValueError, ArithmeticError, LookupError, TypeError, RuntimeError) as error:
            # Only the kind of error: its words may repeat what somebody else wrote.
            _say(answers, REFUSED, f"cannot be drawn ({type(error).__name__})".encode())
        signal.alarm(0)
        gc.collect()  # figures are rings of references, and hold the largest arrays


def _say(answers: BinaryIO, kind: bytes, body: bytes) -> None:
    answers.write(framed(kind, body))
    answers.flush()


if __name__ == "__main__":
    main()
