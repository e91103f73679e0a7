"""`opsbot schema config`: the JSON Schema of opsbot.yaml, for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from opsbot.config import schema


def run(arguments: Namespace) -> int:
    """Print the schema."""
    print(json.dumps(schema(), indent=2))  # noqa: T201 - the output
    return 0
