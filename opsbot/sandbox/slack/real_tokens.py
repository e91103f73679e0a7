"""The guard that keeps the sandbox and a real workspace's tokens apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

# Tokens of a real workspace carry its numbers: xoxb-<team>-<bot>-..., xapp-1-<app>-..., xoxe....
_REAL = re.compile(r"\b(?:xox[a-z]-\d{6,}-|xapp-\d+-[A-Z0-9]{6,}-|xoxe[.-])")
_FIRST_BYTES = 4096


class RealTokenConfigured(RuntimeError):
    """The environment holds a token of a real workspace; the sandbox will not start beside it."""


def refuse_real_tokens(environ: Mapping[str, str]) -> None:
    """Look through every variable with SLACK in its name, and the files `*_FILE` ones name.

    Raises RealTokenConfigured naming the variable, never the token.
    """
    for name, value in environ.items():
        if "SLACK" not in name.upper():
            continue
        if _REAL.search(value):
            raise RealTokenConfigured(_sentence(name))
        if name.upper().endswith("_FILE") and _REAL.search(_beginning(value)):
            raise RealTokenConfigured(_sentence(f"the file named by {name}"))


def _sentence(where: str) -> str:
    return (
        f"A real Slack token is set in {where}; the sandbox does not start beside one. "
        "Unset it, or run opsbot against the real workspace instead."
    )


def _beginning(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_FIRST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
