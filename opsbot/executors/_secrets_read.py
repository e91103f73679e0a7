"""Whether the secrets that runbooks name can be read right now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opsbot.core.text import inert
from opsbot.ports import Secret, SecretUnavailable, Trouble


def unreadable(secrets: Mapping[str, Secret]) -> Iterator[Trouble]:
    """One trouble for each secret that steps would not get."""
    for name, secret in secrets.items():
        try:
            secret.read()
        except SecretUnavailable as error:
            yield Trouble(
                said=f"the secret {inert(name, 80)} cannot be read: {inert(str(error), 200)}",
                fix="Set the variable, or correct the file's path, rights and contents",
                hinders=False,
            )
