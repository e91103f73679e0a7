"""`opsbot schema config`: the JSON Schema of opsbot.yaml, for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from opsbot.catalog import all_integrations
from opsbot.config import schema


def run(arguments: Namespace) -> int:
    """Print the schema."""
    print(json.dumps(schema(all_integrations()), indent=2))  # noqa: T201 - the output
    return 0
