"""The benchmarks of runs and postmortems, played small: they come to their end, lose nothing, and
write the figures that people compare under their names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def figures(folder: Path, name: str, *options: str) -> dict[str, Any]:
    """What a benchmark writes as JSON, run as people run it."""
    path = folder / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options, "--json", str(path)],
        capture_output=True, text=True, timeout=100, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))["figures"]
    return found


@pytest.mark.timeout(120)
def test_runs_are_timed_from_the_click_and_none_is_lost_or_doubled(tmp_path: Path) -> None:
    told = figures(tmp_path, "runbooks", "--clicks", "3", "--runs", "4", "--lines", "300")
    assert (told["clicks"], told["runs"]) == (3, 4)
    assert (told["lost_clicks"], told["lost"], told["doubled"]) == (0, 0, 0)
    assert 0 < told["click_to_first_step_ms"] < 60_000
    assert told["peak_rss_mb"] > 20


def test_a_postmortem_is_timed_from_the_record_to_every_form(tmp_path: Path) -> None:
    told = figures(tmp_path, "postmortem", "--entries", "200", "--rounds", "2")
    assert told["entries"] == 200
    assert told["render_ms"] > told["floor_ms"] > 0
    assert min(told["markdown_kb"], told["json_kb"], told["html_kb"]) > 1
