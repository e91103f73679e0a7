"""Secrets: read when they are needed, from wherever they are kept."""

from __future__ import annotations

from typing import Protocol


class Secret(Protocol):
    """A secret that is read when it is needed, from the environment or a file that may rotate."""

    @property
    def name(self) -> str: ...
    def read(self) -> str:
        """The secret itself. Raises SecretUnavailable when it cannot be had right now."""
        ...


class SecretUnavailable(Exception):
    """A secret is configured but cannot be read right now; trying again later may help."""
