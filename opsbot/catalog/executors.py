"""The executors: every file in `opsbot/executors/` that declares `EXECUTOR`."""

from __future__ import annotations

from opsbot.catalog.declared import Declared
from opsbot.config import ExecutorUnusable
from opsbot.executors import ExecutorKind


def executor_catalog(package: str = "opsbot.executors") -> Declared[ExecutorKind]:
    """The executors inside one package; broken ones raise ExecutorUnusable."""
    return Declared(
        package=package, attribute="EXECUTOR", kind=ExecutorKind, unusable=ExecutorUnusable
    )
