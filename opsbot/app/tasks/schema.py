"""`opsbot schema config|runbook`: the JSON Schema of a file, for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from opsbot.catalog import all_executors, all_integrations, executor_names
from opsbot.catalog.runbook_schema import runbook_schema
from opsbot.config import schema


def run(arguments: Namespace) -> int:
    """Print the schema."""
    if arguments.what == "runbook":
        made = runbook_schema(executor_names())
    else:
        made = schema(all_integrations(), all_executors())
    print(json.dumps(made, indent=2))  # noqa: T201 - the output
    return 0
