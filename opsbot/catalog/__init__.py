"""Finds what is there, by file names: integrations, executors, commands, runbooks, templates."""

from __future__ import annotations

from opsbot.catalog.executors import executor_catalog
from opsbot.catalog.integrations import integration_catalog
from opsbot.executors import ExecutorKind
from opsbot.integrations import Integration

_SHIPPED = integration_catalog()
_EXECUTORS = executor_catalog()


def integration_names() -> tuple[str, ...]:
    """The names of the integrations that ship with opsbot, sorted, none of them imported."""
    return _SHIPPED.names()


def find_integration(name: str) -> Integration | None:
    """The integration of this name, imported now; None when there is none.

    Raises IntegrationUnusable when its file is broken.
    """
    return _SHIPPED.find(name)


def all_integrations() -> tuple[Integration, ...]:
    """Every integration that ships with opsbot. Raises IntegrationUnusable for a broken one."""
    return _SHIPPED.all()


def executor_names() -> tuple[str, ...]:
    """The names of the executors that ship with opsbot, sorted, none of them imported."""
    return _EXECUTORS.names()


def find_executor(name: str) -> ExecutorKind | None:
    """The executor of this name, imported now; None when there is none.

    Raises ExecutorUnusable when its file is broken.
    """
    return _EXECUTORS.find(name)


def all_executors() -> tuple[ExecutorKind, ...]:
    """Every executor that ships with opsbot. Raises ExecutorUnusable for a broken one."""
    return _EXECUTORS.all()
