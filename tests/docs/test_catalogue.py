"""What there is several of is all documented: metrics, sources, findings, scenarios, benchmarks."""

from __future__ import annotations

import importlib
import re
from typing import Any, get_args

import pytest

from opsbot.app.metrics import Metrics
from opsbot.catalog import all_integrations
from opsbot.core.entry import Placement
from opsbot.core.evidence import EvidenceKind, FindingKind, Health
from opsbot.sandbox.scenario_file import load_scenario, scenario_names
from opsbot.sandbox.slack import faults
from tests.docs.pages import ROOT, code, first_codes, headings, page, rows, section


def test_every_metric_is_documented_with_its_type_and_labels() -> None:
    metrics = vars(Metrics())
    defined = {_described(metric) for name, metric in metrics.items() if name != "registry"}
    table = rows(page("docs/metrics.md").partition("## Worth an alert")[0])
    documented = {(code(row[0])[0], row[1], tuple(code(row[2]))) for row in table}
    assert documented == defined


def _described(metric: Any) -> tuple[str, str, tuple[str, ...]]:
    """A metric's name as it is scraped, its type and its labels: there is no public way to ask."""
    held: dict[str, Any] = metric.__dict__
    kind = str(held.get("_type") or type(metric).__name__.lower())
    name = str(held["_name"]) + ("_total" if kind == "counter" else "")
    return name, kind, tuple(str(label) for label in held["_labelnames"])


def test_no_metric_is_named_that_does_not_exist() -> None:
    known = {_described(m)[0] for name, m in vars(Metrics()).items() if name != "registry"}
    for name in ("metrics", "running", "pagerduty", "evidence"):
        named = set(re.findall(r"opsbot_[a-z_]+", page(f"docs/{name}.md")))
        assert named <= known, name


def test_every_health_word_kind_and_finding_is_documented() -> None:
    text = page("docs/evidence.md")
    assert sorted(first_codes(section(text, "Health"))) == sorted(Health)
    assert sorted(first_codes(section(text, "Findings"))) == sorted(FindingKind)
    sources = rows(section(text, "Sources").partition("###")[0])
    assert {code(row[1])[0] for row in sources} == set(EvidenceKind)


def test_every_source_is_documented_and_every_documented_one_exists() -> None:
    sources = {vendor.name for vendor in all_integrations() if vendor.sources}
    named = first_codes(section(page("docs/evidence.md"), "Sources").partition("###")[0])
    assert set(named) == sources
    assert all(vendor.name in page("docs/configuration.md") for vendor in all_integrations())


def test_every_scenario_is_documented_and_every_documented_one_exists() -> None:
    named = first_codes(section(page("docs/sandbox.md"), "Scenarios").partition("###")[0])
    assert sorted(named) == sorted(scenario_names())
    assert all(load_scenario(name).name == name for name in named)


def test_every_fault_of_the_sandbox_slack_is_documented() -> None:
    named = first_codes(section(page("docs/sandbox.md"), "Faults"))
    assert sorted(named) == sorted(get_args(faults.Kind))


def benchmarks() -> list[str]:
    """The modules that have figures to tell; the others are parts of these."""
    files = (ROOT / "benchmarks").glob("*.py")
    return sorted(f"benchmarks.{f.stem}" for f in files if "    tell(" in f.read_text("utf-8"))


def test_every_benchmark_is_documented_and_every_documented_one_exists() -> None:
    text = page("docs/benchmarks.md")
    assert sorted(words for words in headings(text) if words.startswith("benchm")) == benchmarks()
    assert set(re.findall(r"-m (benchmarks\.[a-z]+)", text)) == set(benchmarks())


@pytest.mark.parametrize("name", benchmarks())
def test_every_figure_with_a_goal_is_documented_with_that_goal(name: str) -> None:
    module = importlib.import_module(name)
    documented = {
        code(row[0])[0]: row[2] for row in rows(section(page("docs/benchmarks.md"), name))
    }
    assert {figure: goal for figure, goal in documented.items() if goal} == module.GOALS
    # A benchmark may be of several files, of which one has a table to print.
    source = "".join(file.read_text("utf-8") for file in (ROOT / "benchmarks").glob("*.py"))
    assert [figure for figure in documented if f'"{figure}"' not in source] == []


def test_every_place_and_mode_of_routing_is_documented() -> None:
    named = first_codes(page("docs/routing.md").partition("## Conditions")[0])
    assert sorted(named) == sorted(Placement)
