"""Finds and reads the settings for any task, and says what is wrong with them."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from opsbot.catalog import (
    executor_names,
    find_executor,
    find_integration,
    integration_names,
)
from opsbot.config import ConfigInvalid, Settings, load


def settings_path(arguments: Namespace, environ: Mapping[str, str]) -> Path:
    """The file to read: --config, then OPSBOT_CONFIG, then ./opsbot.yaml."""
    return Path(arguments.config or environ.get("OPSBOT_CONFIG") or "opsbot.yaml")


def read_settings(arguments: Namespace, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings, or an exit with every mistake and its fix on standard error."""
    environ = os.environ if environ is None else environ
    path = settings_path(arguments, environ)
    if not path.exists():
        print(  # noqa: T201 - the command line's own error
            f"opsbot: there is no settings file {path}.\n"
            "Copy docs/opsbot.example.yaml to opsbot.yaml and edit it, or name a file with "
            "--config or OPSBOT_CONFIG. `opsbot demo` needs none.",
            file=sys.stderr,
        )
        raise SystemExit(2)
    try:
        return load(
            path, environ, find_integration, integration_names(), find_executor, executor_names()
        )
    except ConfigInvalid as invalid:
        print(f"{invalid}", file=sys.stderr)  # noqa: T201 - same
        raise SystemExit(2) from None
