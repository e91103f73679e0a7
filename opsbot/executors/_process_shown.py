"""What a process will do, on one line that can be read back word for word."""

from __future__ import annotations

import hashlib
import shlex
import unicodedata

from opsbot.executors._process_call import ProcessCall

_LONGEST = 400  # characters of a word that are shown; of a longer one its digest is shown too


def shown(call: ProcessCall, program: str) -> str:
    """The command with its program found, then where it runs and what it is given."""
    given = [
        f"in {_word(call.cwd)}" if call.cwd else "in an empty folder",
        *(f"{name}={_word(text)}" for name, text in call.env.items()),
        *(f"${variable} from secret {name}" for variable, name in call.secrets.items()),
        *([] if call.stdin is None else [f"stdin {_word(call.stdin)}"]),
    ]
    command = " ".join(map(_word, (program, *call.argv[1:])))
    return f"{command} (on opsbot's machine, {', '.join(given)})"


def _word(text: str) -> str:
    """One word as a shell would read it back; `$'...'` for what cannot be seen (bash(1))."""
    short = text[:_LONGEST]
    escaped = f"$'{''.join(map(_visible, short))}'"
    word = shlex.quote(short) if _is_plain(short) else escaped
    if short == text:
        return word
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{word}[... {len(text):,} characters, SHA-256 {digest}]"


def _is_plain(text: str) -> bool:
    return all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in text)


def _visible(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    if _is_plain(char):
        return char
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}
    return known.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 128 else f"\\U{ord(char):08x}")
