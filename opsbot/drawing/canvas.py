"""The paper charts are drawn on: house colours, type sizes, words that fit, and the PNG itself.

Lengths are points of a picture 1,000 wide, measured from its top left corner; the image has twice
as many pixels, so that it stays sharp on a phone.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from opsbot.core.text import inert

WIDTH = 1_000.0
SCALE = 2
HEAD, BODY, SMALL = 27.0, 25.0, 22.0  # type sizes; a phone shows a third of them
_TITLES = (30.0, 27.0, 24.0)

# Okabe and Ito's palette, which people with every kind of colour vision can tell apart
# (jfly.uni-koeln.de/color, 2008).
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
LINES = (BLUE, ORANGE, GREEN, PURPLE)

PAPER, INK, MUTED, GRID = "#FCFCFA", "#1B1B1B", "#5B5B5B", "#DEDEDA"

LOWEST, BEHIND, POLES, MIDDLE, ABOVE = 0.5, 1.0, 1.5, 2.0, 4.0  # what covers what
Align = Literal["left", "center", "right"]

_LONGEST = 140  # code points of one text before it is measured
_COLOURS = 64  # of the palette the image is stored with
_PER_INCH = 100.0
_POINT = 72 / _PER_INCH  # typographer's points in one of ours

mpl.rcdefaults()  # whatever a matplotlibrc on this machine says
mpl.rcParams.update({
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.unicode_minus": True,
    "hatch.linewidth": 1.6,
    "path.simplify_threshold": 0.5,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def across(self, share: float) -> float:
        """The place that far from left to right, 0 to 1."""
        return self.left + share * (self.right - self.left)

    def down(self, share: float) -> float:
        """The place that far from bottom to top, 0 to 1."""
        return self.bottom - share * (self.bottom - self.top)


class Canvas:
    """One picture being drawn, `height` points high."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = Figure(
            figsize=(WIDTH / _PER_INCH, height / _PER_INCH), dpi=_PER_INCH * SCALE, facecolor=PAPER
        )
        self._agg = FigureCanvasAgg(self.figure)

    def words(
        self, x: float, y: float, text: str, *, size: float = BODY, colour: str = INK,
        bold: bool = False, align: Align = "left", boxed: bool = False, middle: bool = False,
    ) -> None:  # fmt: skip
        """Write `text` with its baseline (or its middle) at `y`; `boxed` covers what is behind."""
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5} if boxed else None
        self.figure.add_artist(
            Text(
                x / WIDTH,
                1 - y / self.height,
                text,
                fontsize=size * _POINT,
                color=colour,
                fontweight="bold" if bold else "normal",
                horizontalalignment=align,
                verticalalignment="center_baseline" if middle else "baseline",
                bbox=box,
                parse_math=False,
                zorder=ABOVE,
                transform=self.figure.transFigure,
            )
        )

    def heading(self, x: float, y: float, text: str, width: float) -> None:
        """A title in one line: smaller when it is long, and cut when that is not enough."""
        size = next((n for n in _TITLES if width_of(inert(text, _LONGEST), n, bold=True) <= width),
                    _TITLES[-1])  # fmt: skip
        self.words(x, y, fitted(text, width, size, bold=True), size=size, bold=True)

    def line(
        self, xs: Sequence[float], ys: Sequence[float], *, colour: str, width: float,
        dashes: Sequence[float] = (), z: float = MIDDLE,
    ) -> None:  # fmt: skip
        """Lines from point to point; `dashes` are lengths of strokes and gaps in line widths."""
        self.figure.add_artist(
            Line2D(
                [x / WIDTH for x in xs],
                [1 - y / self.height for y in ys],
                color=colour,
                linewidth=width * _POINT,
                linestyle=(0, tuple(dashes)) if dashes else "-",
                solid_capstyle="round" if z == MIDDLE else "butt",
                solid_joinstyle="round",
                zorder=z,
                transform=self.figure.transFigure,
            )
        )

    def dot(self, x: float, y: float, *, colour: str, size: float) -> None:
        """A filled circle of that diameter."""
        self.figure.add_artist(
            Line2D(
                [x / WIDTH],
                [1 - y / self.height],
                marker="o",
                markersize=size * _POINT,
                markeredgewidth=0,
                color=colour,
                zorder=MIDDLE,
                transform=self.figure.transFigure,
            )
        )

    def box(
        self, area: Area, *, fill: str = "none", edge: str = "none", hatch: str = "",
        alpha: float = 1.0, z: float = BEHIND,
    ) -> None:  # fmt: skip
        """A filled, outlined or hatched rectangle; hatching takes the colour of the edge."""
        corner = (area.left / WIDTH, 1 - area.bottom / self.height)
        wide, high = (area.right - area.left) / WIDTH, (area.bottom - area.top) / self.height
        self.figure.add_artist(
            Rectangle(
                corner,
                wide,
                high,
                facecolor=fill,
                edgecolor=edge,
                hatch=hatch or None,
                alpha=alpha,
                linewidth=0 if edge == "none" or hatch else 1.5,
                zorder=z,
                transform=self.figure.transFigure,
            )
        )

    def png(self) -> bytes:
        """The picture as PNG bytes, the same for the same picture; small, because of a palette."""
        with _quietly():
            self._agg.draw()
        size = self._agg.get_width_height()
        image = Image.frombuffer("RGBA", size, self._agg.buffer_rgba().tobytes()).convert("RGB")
        # An octree is ten times quicker than the default, and flat colours stay what they are.
        packed = image.quantize(
            _COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        file = io.BytesIO()
        packed.save(file, format="PNG", compress_level=6)
        return file.getvalue()


_RULER = RendererAgg(1, 1, _PER_INCH * SCALE)


def width_of(text: str, size: float = BODY, *, bold: bool = False) -> float:
    """How wide `text` is drawn."""
    with _quietly():
        width, _, _ = _RULER.get_text_width_height_descent(text, _font(size, bold), ismath=False)
    return float(width) / SCALE


@lru_cache(32)
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(size=size * _POINT, weight="bold" if bold else "normal")


def fitted(text: str, width: float, size: float = BODY, *, bold: bool = False) -> str:
    """Foreign text made inert and cut, with an ellipsis, to fit `width`."""
    text = inert(text, _LONGEST)
    if width_of(text, size, bold=bold) <= width:
        return text
    short, long = 0, len(text)
    while long - short > 1:
        middle = (short + long) // 2
        fits = width_of(text[:middle].rstrip() + "…", size, bold=bold) <= width
        short, long = (middle, long) if fits else (short, middle)
    return text[:short].rstrip() + "…"


@contextmanager
def _quietly() -> Generator[None]:
    """Glyphs the font lacks (CJK, emoji) are drawn as boxes, without a warning each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
