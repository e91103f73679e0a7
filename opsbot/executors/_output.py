"""Output as it comes, in bounded memory: told line by line, its beginning and end kept."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable
from dataclasses import dataclass

from opsbot.core.text import cut
from opsbot.executors._masks import Masks
from opsbot.executors._plain_text import plain

log = logging.getLogger(__name__)
_PIECE = 8_192  # characters of a line without an end after which it is taken as it is
ALL_TOLD = 4 * 1024 * 1024  # bytes of output of which every line is told
_TOLD = 2_000  # characters of a line that are told
_SMALL = 1_024  # bytes; a smaller limit keeps the beginning only
_NOTICE = 96  # bytes kept free for saying what is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was kept of an output; `cut` says that there was more."""

    text: str = ""
    cut: bool = False

    @property
    def last_line(self) -> str:
        """The last line that holds anything."""
        return next((line for line in reversed(self.text.split("\n")) if line.strip()), "")


class Output:
    """Takes bytes, keeps at most `limit` bytes of plain text, and tells each line.

    Every line is made plain and told, whether it is kept or not, for the first `all_told` bytes.
    From then on output is only counted, its end is kept, and of each piece the last line is told:
    whoever writes without end costs neither memory nor the time of others.
    """

    def __init__(
        self, limit: int, masks: Masks, tell: Callable[[str], None], *, all_told: int = ALL_TOLD
    ) -> None:
        self.size = 0  # bytes that came
        self._limit, self._masks, self._tell = max(limit, 0), masks, tell
        self._all_told = all_told
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._raw = ""  # decoded, its line not ended
        self._plain = ""  # made plain, perhaps the beginning of a secret
        self._line = ""  # the line that is being told
        self._kept = bytearray()
        self._lines = 0
        self._full = False  # whether there is more than is kept
        self._counting = False  # whether lines are no longer looked at one by one
        self._end = bytearray()
        self._end_room = self._limit // 4 if self._limit >= _SMALL else 0
        self._end_lost = False  # whether the beginning of `_end` was thrown away
        self._at_line_start = True
        self._deaf = False  # whether who is told has raised

    def feed(self, chunk: bytes) -> None:
        """Take what came."""
        self.size += len(chunk)
        if self._counting:
            self._count(chunk)
        else:
            self._take(self._decoder.decode(chunk))

    def finish(self) -> Kept:
        """What was kept, now that nothing more comes."""
        if not self._counting:
            self._take(self._decoder.decode(b"", final=True), last=True)
            self._say(self._line)
        if not self._full:
            return Kept(text=_text(self._kept).removesuffix("\n"))
        return Kept(text=self._with_end(), cut=True)

    def _take(self, text: str, *, last: bool = False) -> None:
        self._raw += text
        if not (last or "\n" in text or "\r" in text or len(self._raw) > _PIECE):
            return  # a line that is not ended waits for its end
        half = "\r" if self._raw.endswith("\r") and not last else ""  # perhaps of a line end
        held = self._raw.removesuffix(half).replace("\r\n", "\n").replace("\r", "\n")
        ends = len(held) if last or len(held) > _PIECE else held.rfind("\n") + 1
        # Twice: a sequence may stand inside a secret, and may swallow the beginning of one.
        masked, rest = self._masks.split(held[:ends], last=last)
        self._raw = rest + held[ends:] + half
        ready, self._plain = self._masks.split(self._plain + plain(masked), last=last)
        self._keep(ready)
        if self._full and self.size > self._all_told and not last:
            self._switch()

    def _keep(self, text: str) -> None:
        packed = text.encode()
        room = self._limit - len(self._kept)
        self._kept += packed[:room]
        if len(packed) > room:
            self._full = True
            self._to_end(packed[room:])
        *whole, rest = text.split("\n")
        for line in whole:
            self._say(self._line + line)
            self._line = ""
        self._line = (self._line + rest)[: _TOLD + 1]
        self._lines += len(whole)

    def _switch(self) -> None:
        """From lines to counting: what was held back goes to the end as it is."""
        self._counting = True
        rest = self._plain + self._raw
        self._at_line_start = not (rest or self._line)
        self._to_end(rest.encode() + self._decoder.getstate()[0])
        self._plain = self._raw = ""

    def _count(self, chunk: bytes) -> None:
        self._lines += chunk.count(b"\n")
        self._to_end(chunk)
        last = chunk.rfind(b"\n")
        before = chunk.rfind(b"\n", 0, max(last, 0))
        if last >= 0 and (before >= 0 or self._at_line_start):
            line = chunk[before + 1 : last][: 4 * _TOLD].decode("utf-8", "replace")
            self._say(self._masked(line))
        self._at_line_start = chunk.endswith(b"\n")

    def _to_end(self, chunk: bytes) -> None:
        most = self._end_room + 4 * self._masks.longest
        self._end += chunk[-most:] if most else b""
        self._end_lost = self._end_lost or len(chunk) > most
        if len(self._end) > 2 * most:
            del self._end[: len(self._end) - most]
            self._end_lost = True

    def _with_end(self) -> str:
        if not self._end_room:
            return _text(self._kept)
        end = self._end.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        end = self._masked(end)
        if self._end_lost:
            end = end[self._masks.longest :]  # perhaps the tail of a secret
        head = _text(self._kept[: self._limit - self._end_room - _NOTICE])
        rest = bytes(self._kept[len(head.encode()) :]) if not self._end_lost else b""
        tail = _text((rest + end.encode())[-self._end_room :]).removesuffix("\n")
        first, line_end, whole = tail.partition("\n")
        tail = whole if line_end and len(first) < len(tail) // 2 else tail
        left = max(self.size - len(head.encode()) - len(tail.encode()), 1)
        lines = max(self._lines - head.count("\n") - tail.count("\n"), 0)
        said = f"[{left:,} bytes in about {lines:,} lines are not kept]"
        return "\n".join([head.removesuffix("\n"), said[: _NOTICE - 2], tail])

    def _masked(self, text: str) -> str:
        return self._masks.apply(plain(self._masks.apply(text)))

    def _say(self, line: str) -> None:
        if not line:
            return
        try:
            self._tell(cut(line, _TOLD))
        except Exception as error:  # noqa: BLE001 - who cannot listen is no reason to stop
            if not self._deaf:  # without the error's words: they may hold the line
                log.warning("who is told the output of a step raised %s", type(error).__name__)
            self._deaf = True


def _text(packed: bytes | bytearray) -> str:
    """What a piece of UTF-8 says, without a character that is cut in two."""
    return packed.decode("utf-8", "ignore")
