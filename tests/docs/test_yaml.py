"""Every YAML block in the documents is what it claims to be: settings, the manifest, a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from opsbot.catalog import find_integration, integration_names
from opsbot.config import parse
from opsbot.config.file import ConfigFile
from opsbot.sandbox.scenario_file import SCENARIO_FOLDER, load_scenario
from tests.docs.pages import PAGES, fences, name_of, page

_BLOCKS = [
    (path, fence.line, fence.text)
    for path in PAGES
    for fence in fences(path.read_text("utf-8"))
    if fence.language == "yaml"
]
_SETTINGS = [
    block for block in _BLOCKS if set(yaml.safe_load(block[2])) <= set(ConfigFile.model_fields)
]


def _id(value: Any) -> str:
    return name_of(value) if isinstance(value, Path) else str(value) if value is int else ""


@pytest.mark.parametrize(("path", "line", "text"), _SETTINGS, ids=_id)
def test_every_block_of_settings_loads(path: Path, line: int, text: str) -> None:
    parse(text, path, {}, find_integration, integration_names())


def test_what_is_no_block_of_settings_is_the_manifest_or_the_scenario() -> None:
    """A typo in a top-level key would otherwise hide a block from the test above."""
    others = [name_of(path) for path, line, text in _BLOCKS if (path, line, text) not in _SETTINGS]
    assert others == ["docs/sandbox.md", "docs/slack-app.md"]
    assert len(_SETTINGS) >= 3


def test_the_scenario_that_is_shown_can_be_played(tmp_path: Path) -> None:
    (text,) = [f.text for f in fences(page("docs/sandbox.md")) if f.language == "yaml"]
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("company/", f"{SCENARIO_FOLDER}/company/"), "utf-8")
    assert load_scenario(mine).page.service == "cart-api"
