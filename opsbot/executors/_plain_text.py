"""Foreign output as plain lines, without what moves a cursor, rings a bell or reorders text."""

from __future__ import annotations

import re

# ECMA-48 and xterm's control sequences: OSC and string sequences that are terminated, CSI, and what
# is left of both (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
_ESCAPE = re.compile(
    r"\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b\n]*\x1b\\"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
# Controls but tab and line feed, direction marks and overrides (UAX #9), line and paragraph
# separators, and halves of surrogate pairs.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """The text without terminal sequences and control characters; tabs and line feeds stay."""
    return _UNFIT.sub("", _ESCAPE.sub("", text))
