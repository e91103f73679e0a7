"""ARCHITECTURE.md says what the folders, the import contract and the code say."""

from __future__ import annotations

import tomllib

from opsbot.app.doctor_flow import PURPOSE
from opsbot.core.codec import all_kinds
from opsbot.core.rules import Rules
from opsbot.flows import flows_for
from opsbot.ports import Ports
from opsbot.store.memory import MemoryRecord
from tests.docs.pages import DOCS, ROOT, code, fences, first_codes, headings, page, section
from tests.fakes.clock import ManualClock

TEXT = page("ARCHITECTURE.md")


def layers() -> list[str]:
    """The layers of the import-linter contract."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    return next(c["layers"] for c in contracts if c["type"] == "layers")


def test_the_layers_are_those_of_the_contract() -> None:
    (fence,) = fences(section(TEXT, "Layers"))
    assert fence.text.splitlines() == layers()


def test_the_package_map_names_every_package_and_no_other() -> None:
    packages = {
        f"opsbot/{folder.name}"
        for folder in (ROOT / "opsbot").iterdir()
        if (folder / "__init__.py").exists()
    }
    named = first_codes(section(TEXT, "Packages"))
    assert sorted(named) == sorted(packages)


def test_every_function_in_the_first_table_is_where_it_says() -> None:
    rows = section(TEXT, "One idea").splitlines()
    table = [line for line in rows if line.startswith("| `")]
    assert len(table) == 5
    for line in table:
        name, file = code(line)[0].partition("(")[0], code(line)[-1]
        assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_every_decision_is_listed_and_has_its_four_headings() -> None:
    files = sorted(file.name for file in (DOCS / "adr").glob("*.md"))
    listed = section(TEXT, "Decisions")
    assert [file for file in files if file not in listed] == []
    for file in files:
        words = headings(page(f"docs/adr/{file}"))
        assert words[0].startswith(f"{int(file[:4])}. ")
        assert words[1:] == ["Status", "Context", "Decision", "Consequences"]


def test_every_kind_of_entry_is_documented_and_every_documented_one_exists() -> None:
    named = first_codes(section(page("docs/entries.md"), "Kinds"))
    assert sorted(named) == sorted(all_kinds())


def test_every_purpose_of_an_obligation_is_documented() -> None:
    clock = ManualClock()
    flows = flows_for(Ports(record=MemoryRecord(clock), clock=clock, rules=Rules()))
    named = first_codes(section(page("docs/entries.md"), "What is owed"))
    assert sorted(named) == sorted((*flows, PURPOSE))
