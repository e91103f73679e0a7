"""The worked example of the routing page, replayed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from opsbot.app.tasks.replay import replay
from opsbot.catalog import find_integration, integration_names
from opsbot.config import load
from tests.docs.markdown_table import table
from tests.docs.pages import fences, page, section


def replayed_table() -> str:
    """What `opsbot replay` says of the page's own settings and deliveries."""
    part = section(page("docs/routing.md"), "Try it: opsbot replay")
    blocks = {fence.language: fence.text for fence in fences(part)}
    with tempfile.TemporaryDirectory() as folder:
        file, pages = Path(folder) / "opsbot.yaml", Path(folder) / "pages.jsonl"
        file.write_text(blocks["yaml"], "utf-8")
        pages.write_text(blocks["json"], "utf-8")
        settings = load(file, {}, find_integration, integration_names())
        told, problems = asyncio.run(replay(settings, [pages]))
    assert problems == []
    rows = [(row.event, row.incident, str(row.decision), row.where, row.why) for row in told]
    return table(("event", "incident", "decision", "where", "why"), rows)
