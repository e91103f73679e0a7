"""What parent and drawing child say to each other: frames on pipes, pictures as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, BinaryIO, cast

from opsbot.core.evidence import Window
from opsbot.core.moment import from_micros, to_micros
from opsbot.core.picture import Chart, Mark, MarkKind, Picture, TracePicture, panels
from opsbot.core.series import Series, Span, Waterfall, pack, unpack
from opsbot.core.text import cut

READY, DRAW, PNG, REFUSED = b"r", b"d", b"p", b"x"
HEADER = 5  # four bytes of length, one of kind
LARGEST = 4_000_000  # bytes of one frame; a picture has about 60 kB, its numbers less
_LONGEST_TEXT = 500  # code points; what is drawn is cut far shorter
_MOST_MARKS = 12


def framed(kind: bytes, body: bytes) -> bytes:
    """One frame: length of the body, kind, body."""
    return len(body).to_bytes(4, "big") + kind + body


def opened(header: bytes) -> tuple[bytes, int]:
    """Kind and length a header announces. Raises ValueError when it is no header of ours."""
    kind, length = header[4:HEADER], int.from_bytes(header[:4], "big")
    if len(header) != HEADER or kind not in (READY, DRAW, PNG, REFUSED) or length > LARGEST:
        raise ValueError("not a frame of the drawing process")
    return kind, length


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next frame of a blocking stream; None at its end. Raises ValueError for garbage."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        return None
    kind, length = opened(header)
    body = stream.read(length)
    return (kind, body) if len(body) == length else None


def packed(picture: Picture) -> bytes:
    """The picture as JSON, bounded: no more series, points, spans and words than can be drawn."""
    match picture:
        case Chart():
            data: dict[str, Any] = {
                "title": cut(picture.title, _LONGEST_TEXT),
                "series": [
                    _text_of(series) for lines in panels(picture) for series in lines
                ],
                "marks": [
                    [to_micros(mark.at), mark.kind, cut(mark.label, _LONGEST_TEXT)]
                    for mark in picture.marks[:_MOST_MARKS]
                ],
                "onset": to_micros(picture.onset) if picture.onset else None,
                "window": _ends(picture.window),
            }  # fmt: skip
        case TracePicture():
            data = {
                "title": cut(picture.title, _LONGEST_TEXT),
                "trace": _text_of(picture.waterfall),
            }
    return json.dumps(data).encode()


def unpacked(body: bytes) -> Picture:
    """The picture that `packed` made `body` of. Raises ValueError when it is none."""
    try:
        return _picture(cast("dict[str, Any]", json.loads(body)))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a picture ({type(error).__name__})") from None


def _text_of(exhibit: Series | Waterfall) -> str:
    match exhibit:
        case Series():
            short: Series | Waterfall = replace(
                exhibit, service=cut(exhibit.service, _LONGEST_TEXT),
                name=cut(exhibit.name, _LONGEST_TEXT), unit=cut(exhibit.unit, _LONGEST_TEXT),
            )  # fmt: skip
        case Waterfall():
            short = replace(
                exhibit, trace_id="", link="", spans=tuple(_short(one) for one in exhibit.spans)
            )
    return pack(short).decode()


def _short(span: Span) -> Span:
    return replace(
        span, service=cut(span.service, _LONGEST_TEXT), name=cut(span.name, _LONGEST_TEXT),
        note=cut(span.note, _LONGEST_TEXT),
    )  # fmt: skip


def _ends(window: Window | None) -> list[int] | None:
    return [to_micros(window.start), to_micros(window.end)] if window else None


def _picture(data: dict[str, Any]) -> Picture:
    title = str(data["title"])
    if "trace" in data:
        waterfall = unpack(str(data["trace"]).encode())
        if not isinstance(waterfall, Waterfall):
            raise TypeError
        return TracePicture(title=title, waterfall=waterfall)
    found = [unpack(str(given).encode()) for given in data["series"]]
    marks = tuple(
        Mark(at=from_micros(int(at)), kind=MarkKind(kind), label=str(label))
        for at, kind, label in data["marks"]
    )
    onset, ends = data["onset"], data["window"]
    return Chart(
        title=title,
        series=tuple(one for one in found if isinstance(one, Series)),
        marks=marks,
        onset=None if onset is None else from_micros(int(onset)),
        window=Window(start=from_micros(ends[0]), end=from_micros(ends[1])) if ends else None,
    )
