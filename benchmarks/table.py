"""How every benchmark tells its figures: a table for people, `{"figures": {...}}` for machines."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

Figure = float | int | str | None


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser with the option every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON")
    return parser


def tell(
    title: str, figures: Mapping[str, Figure], goals: Mapping[str, str], json_file: str | None
) -> None:
    """Print the table, with the goal beside each figure that has one, and write the file."""
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("goal")
    for name, value in figures.items():
        shown = f"{value:,.2f}" if isinstance(value, float) else str(value)
        table.add_row(name, shown, goals.get(name, ""))
    Console().print(table)
    if json_file:
        Path(json_file).write_text(json.dumps({"figures": dict(figures)}, indent=2) + "\n", "utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)] if ranked else float("nan")


def median(values: Sequence[float]) -> float:
    """The median; not a number when there is nothing to take it of."""
    return statistics.median(values) if values else float("nan")
