"""Column types for foreign text: whatever a sender put into an id comes back as it was."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

# PostgreSQL refuses NUL in text, both databases refuse lone surrogates, and JSON from outside may
# hold both. SUB introduces an escape; a SUB in the text is escaped itself.
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
LONGEST_KEY = 400  # bytes; an index entry of PostgreSQL holds about 2,700 over all its columns


def storable(text: str) -> str:
    """`text` with the characters escaped that a database refuses; `readable` undoes it."""
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub(lambda match: f"\x1a{ord(match.group()):04x}", text)


def readable(text: str) -> str:
    """The text that `storable` was given."""
    if "\x1a" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)


def bounded(key: str) -> str:
    """`key` itself, or for one of more than 400 bytes its beginning and its SHA-256."""
    data = key.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_KEY:
        return key
    return f"{key[:64]}~{hashlib.sha256(data).hexdigest()}"


class ForeignText(TypeDecorator[str]):
    """Text that may hold anything a JSON string may hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Escape what the database refuses."""
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """Undo the escape."""
        return None if value is None else readable(value)
