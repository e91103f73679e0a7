"""A step's call of the kubernetes executor as a checked value, or the sentences that refuse it.

A call is one verb with its fields: `{undo: {namespace: checkout, deployment: cart-api}}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from opsbot.core.text import listed
from opsbot.executors._call_fields import LOOK_UP, CallRefused, quoted, unknown_fields, unresolved

# RFC 1123 labels, as Kubernetes names namespaces; Deployments may have several with dots between
# (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LONGEST_LABEL, _LONGEST_NAME = 63, 253
_LARGEST = 1_000_000_000  # revisions and replicas are 32-bit numbers


class Verb(StrEnum):
    """What the executor can do."""

    RESTART = "restart"
    UNDO = "undo"
    SCALE = "scale"
    STATUS = "status"
    DIAGNOSTICS = "diagnostics"

    @property
    def reads_only(self) -> bool:
        return self in (Verb.STATUS, Verb.DIAGNOSTICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One Deployment."""

    namespace: str
    deployment: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.deployment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesCall:
    """A call whose every value is known and sound. `to_revision` is None for the one before."""

    verb: Verb
    target: Target
    to_revision: int | None = None
    replicas: int = 0


_TARGET = ("namespace", "deployment")
_EXTRA: Mapping[Verb, str] = {Verb.UNDO: "to_revision", Verb.SCALE: "replicas"}


def problems_of(call: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a call as written in a runbook, look-ups (`${...}`) and all, could never run."""
    try:
        verb, fields = _opened(call)
    except CallRefused as refused:
        return refused.problems
    return tuple(_complaints(verb, fields))


def later_fields(call: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields whose value an earlier step will tell; raises CallRefused for no call at all."""
    _, fields = _opened(call)
    return tuple(name for name, value in fields.items() if unresolved(value))


def read_call(call: Mapping[str, Any]) -> KubernetesCall:
    """The call as a value; raises CallRefused unless every value is there and sound."""
    verb, fields = _opened(call)
    problems = [*_complaints(verb, fields)]
    problems += [
        f"{verb}.{name}: the value is not known yet"
        for name, value in fields.items()
        if unresolved(value) or _is_look_up(value)
    ]
    if problems:
        raise CallRefused(*problems)
    target = Target(namespace=str(fields["namespace"]), deployment=str(fields["deployment"]))
    revision = _whole(fields.get("to_revision"))
    replicas = _whole(fields.get("replicas")) or 0
    return KubernetesCall(
        verb=verb, target=target, to_revision=revision or None, replicas=replicas
    )  # fmt: skip


def _opened(call: Mapping[str, Any]) -> tuple[Verb, dict[str, Any]]:
    known = listed(tuple(Verb), limit=len(Verb))
    if len(call) != 1:
        raise CallRefused(f"write exactly one of {known}")
    ((word, fields),) = call.items()
    if word not in tuple(Verb):
        raise CallRefused(f"kubernetes cannot {quoted(word)}; it can {known}")
    if not isinstance(fields, Mapping):
        raise CallRefused(f"{word}: write `namespace:` and `deployment:` below it")
    return Verb(word), dict(cast("Mapping[str, Any]", fields))


def _complaints(verb: Verb, fields: Mapping[str, Any]) -> list[str]:
    extra = _EXTRA.get(verb)
    known = (*_TARGET, *([extra] if extra else ()))
    found = [f"{verb}: {problem}" for problem in unknown_fields(fields, known)]
    needed = (*_TARGET, "replicas") if verb is Verb.SCALE else _TARGET
    found += [f"{verb}.{name} is missing" for name in needed if name not in fields]
    for name, value in fields.items():
        if name in known and not unresolved(value) and not _is_look_up(value):
            problem = _wrong(name, value)
            found += [f"{verb}.{name}: {problem}"] if problem else []
    return found


def _wrong(name: str, value: Any) -> str:
    if name in _TARGET:
        return _wrong_name(value, dots=name == "deployment")
    if name == "to_revision" and value in ("", None):
        return ""  # an optional parameter that nobody filled in: the one before
    number = _whole(value)
    return "" if number is not None else f"{quoted(value)} is no whole number from 0 on"


def _wrong_name(value: Any, *, dots: bool) -> str:
    text = value if isinstance(value, str) else ""
    parts = text.split(".") if dots else [text]
    longest = _LONGEST_NAME if dots else _LONGEST_LABEL
    if len(text) <= longest and all(len(part) <= 253 and _LABEL.fullmatch(part) for part in parts):
        return ""
    allowed = "lower-case letters, digits and hyphens" + (", with dots between" if dots else "")
    return f"{quoted(value)} is no name of Kubernetes ({allowed}; at most {longest} characters)"


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 11:
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= _LARGEST else None


def _is_look_up(value: Any) -> bool:
    return isinstance(value, str) and LOOK_UP in value
