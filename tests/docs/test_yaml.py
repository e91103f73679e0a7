"""Every YAML block in the documents is what it claims to be: settings, the manifest, a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from opsbot.catalog import (
    executor_names,
    find_executor,
    find_integration,
    integration_names,
)
from opsbot.catalog.runbooks import parse_runbook
from opsbot.config import parse
from opsbot.config.file import ConfigFile
from opsbot.core.runbook.example import try_example
from opsbot.executors._http_settings import HttpSettings
from opsbot.executors.http import HttpExecutor
from opsbot.http_client import AiohttpClient
from opsbot.sandbox.scenario_file import SCENARIO_FOLDER, load_scenario
from tests.docs.pages import PAGES, fences, name_of, page

_BLOCKS = [
    (path, fence.line, fence.text)
    for path in PAGES
    for fence in fences(path.read_text("utf-8"))
    if fence.language == "yaml"
]
_RUNBOOKS = [block for block in _BLOCKS if "steps" in yaml.safe_load(block[2])]
# What `opsbot policy test` runs; tests/docs/test_policy.py does.
_CASES = [block for block in _BLOCKS if set(yaml.safe_load(block[2])) == {"cases"}]
_SETTINGS = [
    block for block in _BLOCKS if set(yaml.safe_load(block[2])) <= set(ConfigFile.model_fields)
]


def _id(value: Any) -> str:
    return name_of(value) if isinstance(value, Path) else str(value) if value is int else ""


@pytest.mark.parametrize(("path", "line", "text"), _SETTINGS, ids=_id)
def test_every_block_of_settings_loads(path: Path, line: int, text: str) -> None:
    found = (find_integration, integration_names(), find_executor, executor_names())
    parse(text, path, {}, *found)


def test_what_is_no_block_of_settings_is_a_role_the_manifest_or_the_scenario() -> None:
    """A typo in a top-level key would otherwise hide a block from the test above."""
    known = [*_SETTINGS, *_RUNBOOKS, *_CASES]
    others = [name_of(block[0]) for block in _BLOCKS if block not in known]
    assert others == ["docs/executors.md", "docs/sandbox.md", "docs/slack-app.md"]
    assert len(_SETTINGS) >= 3


@pytest.mark.parametrize(("path", "line", "text"), _RUNBOOKS, ids=_id)
def test_every_runbook_that_is_shown_is_one_and_its_examples_come_out(
    path: Path, line: int, text: str
) -> None:
    """Where its addresses are allowed."""
    http = HttpSettings(hosts=("https://cache.example.com",))
    check = HttpExecutor(settings=http, http=AiohttpClient(environ={})).check
    runbook = parse_runbook(text, "shown", name_of(path), {"http": check})
    assert runbook.examples
    assert [why for one in runbook.examples if (why := try_example(runbook, one))] == []


def test_the_scenario_that_is_shown_can_be_played(tmp_path: Path) -> None:
    (text,) = [f.text for f in fences(page("docs/sandbox.md")) if f.language == "yaml"]
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("company/", f"{SCENARIO_FOLDER}/company/"), "utf-8")
    assert load_scenario(mine).page.service == "cart-api"
