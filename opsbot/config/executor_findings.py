"""What `opsbot check` tells of executors: the named secrets that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.config.finding import Finding, Weight, finding
from opsbot.config.settings import Settings
from opsbot.ports import SecretUnavailable


def executor_findings(settings: Settings) -> Iterator[Finding]:
    """One finding for each named secret that cannot be read: steps that need it would fail."""
    for executor in settings.executors:
        for found in executor.named:
            key = f"executors.{executor.name}.secrets.{found.wanted.name}"
            fix = "Correct the path, its rights or its contents"
            if not found.secrets:
                fix = f"Set {found.wanted.env}, or write {{ file: PATH }} in its place"
            try:
                executor.secrets[found.wanted.name].read()
            except SecretUnavailable as error:
                yield finding(settings, Weight.ERROR, key, str(error), fix)
