"""An executor of `executors:`: itself, its checked settings, and its secrets by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from opsbot.config.secret import FoundSecrets
from opsbot.executors import ExecutorKind
from opsbot.ports import Secret, SecretUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSecret:
    """A configured secret under the name that its executor, and runbooks, know it by."""

    name: str
    held: Secret | None
    place: str  # the variable or file it comes from, as people are told

    def read(self) -> str:
        """The secret itself. Raises SecretUnavailable when it cannot be had right now."""
        if self.held is None:
            raise SecretUnavailable(f"{self.place} is not set")
        return self.held.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredExecutor:
    """One executor of `executors:`. `found` are the secrets that it always takes, `named` those
    that its section gives names to."""

    kind: ExecutorKind
    settings: BaseModel
    found: tuple[FoundSecrets, ...] = ()
    named: tuple[FoundSecrets, ...] = ()

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """Its secrets by name, as `Tools` takes them; a named one is there even if it is not set
        yet, so that who needs it learns what to set."""
        fixed = [found for found in self.found if found.secrets]
        return {found.wanted.name: _held(found) for found in (*fixed, *self.named)}


def _held(found: FoundSecrets) -> HeldSecret:
    first = found.secrets[0] if found.secrets else None
    return HeldSecret(name=found.wanted.name, held=first, place=found.wanted.env)
