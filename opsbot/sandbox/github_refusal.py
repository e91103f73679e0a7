"""A refusal of the sandbox GitHub, decided deep inside a handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """An error answer: {message, errors, documentation_url, status}."""

    def __init__(
        self, status: int, message: str, *, errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = tuple(errors)
