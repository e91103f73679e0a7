"""The JSON Schema of a runbook's file, for editors that complete and check while typing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsbot.catalog.runbook_file import RunbookFile
from opsbot.config.json_schema import rewrite_durations


def runbook_schema(executors: Iterable[str] = ()) -> dict[str, Any]:
    """The schema (draft 2020-12). With `executors`, steps may name only these."""
    made = RunbookFile.model_json_schema(by_alias=True)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "an opsbot runbook"
    names = sorted(executors)
    if names:
        made["$defs"]["StepSection"]["properties"]["executor"]["enum"] = names
    rewrite_durations(made)
    return made
