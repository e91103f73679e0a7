"""A call of the http executor as a checked value, or the sentences that refuse it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opsbot.core.text import inert, listed
from opsbot.executors._call_fields import (
    LOOK_UP,
    CallRefused,
    is_scalar,
    looked_up_secrets,
    no_such_secret,
    quoted,
    secret_names,
    shown_unresolved,
    text_of,
    unknown_fields,
    unresolved,
    wrong_text,
)
from opsbot.executors._http_settings import HttpSettings
from opsbot.executors._http_target import Target, target_of

FIELDS = (
    "method", "url", "path", "query", "headers", "json", "body", "bearer", "secrets", "expect",
    "values",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
READS = frozenset({"GET", "HEAD"})
LONGEST_BODY = 1_048_576
LONGEST_HEADER = 4_000
ANY_SUCCESS = frozenset(range(200, 300))

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a token of RFC 9110
_VISIBLE = re.compile(r"[ -~]*")
# Ours to write, or the connection's: RFC 9110, sections 7.6.1 and 8.6.
_CONNECTION = "connection|keep-alive|transfer-encoding|te|trailer|upgrade"
_OURS = re.compile(rf"(?i)host|content-length|expect|idempotency-key|{_CONNECTION}")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """What to send where. `secrets` are names of secrets by the header that carries them."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None
    bearer: str
    secrets: Mapping[str, str]
    expect: frozenset[int]
    values: Mapping[str, tuple[str, ...]]
    waits: bool

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, by the meaning of its method."""
        return self.method in READS

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Every secret that it takes along."""
        return tuple(
            dict.fromkeys([*([self.bearer] if self.bearer else []), *self.secrets.values()])
        )

    @property
    def texts(self) -> Iterator[str]:
        """Every text that is sent, but for secrets."""
        yield self.target.url
        yield from (text for pair in self.target.query for text in pair)
        yield from self.headers.values()
        yield (self.body or b"").decode("utf-8", "replace")


def problems_of(
    call: Mapping[str, Any], settings: HttpSettings, secrets: Collection[str]
) -> tuple[str, ...]:
    """Why a call as written in a runbook, look-ups and all, could never be sent."""
    found = list(looked_up_secrets(call))
    try:
        read_call(call, settings, secrets)
    except CallRefused as refused:
        found += refused.problems
    return tuple(found)


def read_call(
    call: Mapping[str, Any], settings: HttpSettings, secrets: Collection[str]
) -> HttpCall:
    """The call as a value; raises CallRefused when a field is missing, unknown or unsound.

    `secrets` are the names that are configured. A value that an earlier step finds out is shown
    as its look-up, and the call `waits`.
    """
    problems = list(unknown_fields(call, FIELDS))
    method = call.get("method")
    if not isinstance(method, str) or method not in METHODS:
        problems.append(f"method: write one of {listed(METHODS, len(METHODS))}")
        method = ""
    target = target_of(call, settings, problems)
    headers = _headers(call.get("headers"), problems)
    body = _body(call, headers, problems)
    names, wrong = secret_names(call.get("secrets"), secrets, "http")
    problems += wrong
    problems += _wrong_names(names)
    bearer = _bearer(call.get("bearer"), secrets, [*headers, *names], problems)
    expect = _expected(call.get("expect"), problems)
    values = _paths(call.get("values"), problems)
    if method in READS and body is not None:
        problems.append(f"{method} has no body; leave `json` and `body` out")
    if problems or target is None:
        raise CallRefused(*problems)
    return HttpCall(
        method=method, target=target, headers=headers, body=body, bearer=bearer,
        secrets=names, expect=expect, values=values, waits=_waits(call),
    )  # fmt: skip


def _headers(value: Any, problems: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append("headers: write `Name: value` lines below it")
        return {}
    found: dict[str, str] = {}
    for name, item in cast("Mapping[Any, Any]", value).items():
        where = f"headers.{inert(str(name), 60)}"
        if str(name).lower() in _SECRET_HEADERS:
            problems.append(f"{where} is a secret; name it below `secrets:`, or write `bearer:`")
        if unresolved(item):
            found[str(name)] = shown_unresolved(item)
        elif not is_scalar(item):
            problems.append(f"{where}: write a text or a number")
        else:
            found[str(name)] = text_of(item)
            problems += wrong_header(where, found[str(name)])
    problems += _wrong_names(found)
    return found


def wrong_header(where: str, text: str) -> list[str]:
    """A sentence when a text cannot stand in a header: a line end in it would begin another."""
    if _VISIBLE.fullmatch(text) and len(text) <= LONGEST_HEADER:
        return []
    return [f"{where}: only visible ASCII, at most {LONGEST_HEADER:,} characters"]


def _wrong_names(names: Collection[str]) -> Iterator[str]:
    for name in names:
        if not _HEADER_NAME.fullmatch(name):
            yield f"{quoted(name)} is no name of a header"
        elif _OURS.fullmatch(name):
            yield f"the header {name} is written by opsbot itself"


def _bearer(value: Any, known: Collection[str], headers: Sequence[str], problems: list[str]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not value or LOOK_UP in value:
        problems.append("bearer: write the name of a secret out")
        return ""
    if value not in known:
        problems.append(no_such_secret(value, known, "http"))
    if "authorization" in map(str.lower, headers):
        problems.append("write either `bearer` or an Authorization header")
    return value


def _body(call: Mapping[str, Any], headers: dict[str, str], problems: list[str]) -> bytes | None:
    given = [field for field in ("json", "body") if call.get(field) is not None]
    if len(given) > 1:
        problems.append("write either `json` or `body`")
    if not given:
        return None
    (kind, value) = given[0], call[given[0]]
    try:
        text = json.dumps(value, allow_nan=False) if kind == "json" else _plain_body(value)
    except (ValueError, TypeError, RecursionError):
        problems.append("json: nested too deep, or a number that JSON does not have")
        return None
    if text is None:
        problems.append("body: write a text")
        return None
    if wrong := wrong_text(text.replace("\x00", ""), LONGEST_BODY):
        problems.append(f"{kind} {wrong}")
        return None
    media = "application/json" if kind == "json" else "text/plain; charset=utf-8"
    if "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = media
    return text.encode()


def _plain_body(value: Any) -> str | None:
    if unresolved(value):
        return shown_unresolved(value)
    return text_of(value) if is_scalar(value) else None


def _expected(value: Any, problems: list[str]) -> frozenset[int]:
    if value is None:
        return ANY_SUCCESS
    codes = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,)
    sound = [code for code in codes if type(code) is int and 100 <= code < 600]
    if not sound or len(sound) != len(codes):
        problems.append("expect: write the status codes that mean success, such as [200, 202]")
    return frozenset(sound)


def _paths(value: Any, problems: list[str]) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, path in (
        cast("Mapping[Any, Any]", value).items() if isinstance(value, Mapping) else ()
    ):
        if isinstance(path, str) and path and LOOK_UP not in path and len(path) <= 200:
            found[str(name)] = tuple(path.split("."))
    if not isinstance(value, Mapping) or len(found) != len(cast("Mapping[Any, Any]", value)):
        problems.append("values: write `name: path.in.the.answer` lines below it")
    return found


def _waits(value: Any) -> bool:
    if isinstance(value, Mapping):
        inner = cast("Mapping[str, Any]", value)
        return unresolved(inner) or any(map(_waits, inner.values()))
    return isinstance(value, list | tuple) and any(map(_waits, cast("Sequence[Any]", value)))
