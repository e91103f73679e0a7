"""The http executor: one request to a configured address.

    call:
      method: POST
      url: https://ci.example.com/api/jobs     # below one of `hosts:`; no look-ups
      path: ["${service}", restart]            # segments behind it, each percent-encoded
      query: { reason: "incident ${incident.number}" }
      headers: { Accept: application/json }
      json: { replicas: "${replicas}" }        # or `body:`, a text
      bearer: ci-token                         # Authorization: Bearer, of the secret of that name
      secrets: { X-Api-Key: ci-key }           # other headers that carry a secret
      expect: [202]                            # instead of any 2xx
      values: { job: job.id }                  # read from the JSON of the answer

It carries an Idempotency-Key, the same for the same step of the same run, so that a server that
knows the header never does it twice. Every act is sent once, PUT and DELETE too. One without an
answer, or whose answer is an error on the server's side (5xx), is unclear: it may be done. A read
never is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from opsbot.core.runbook import Scalar
from opsbot.core.text import inert
from opsbot.executors import ExecutorKind, Tools
from opsbot.executors._call_fields import CallRefused, is_scalar
from opsbot.executors._http_call import (
    ANY_SUCCESS,
    READS,
    HttpCall,
    problems_of,
    read_call,
    wrong_header,
)
from opsbot.executors._http_inspect import inspect
from opsbot.executors._http_settings import HttpSettings
from opsbot.executors._masks import Masks, masks_of
from opsbot.executors._output import Kept, Output
from opsbot.ports import (
    CallOutcome,
    Executor,
    Failed,
    Http,
    HttpAnswer,
    HttpFailure,
    Plan,
    Secret,
    SecretUnavailable,
    Succeeded,
    Ticket,
    Unclear,
)

MOST_BYTES = 4_000_000  # of an answer; a larger one is no answer
# A server that broke off may have done it, or half of it, and a gateway that lost the server does
# not know either: 502 and 504 (RFC 9110, 15.6.3 and 15.6.5), Cloudflare's 520 and 524, and 503, as
# Envoy answers when a connection ends behind the request. These two say that it was not taken at
# all (RFC 9110, 15.6.2 and 15.6.6).
_NOT_TAKEN = frozenset({501, 505})
_DONE_ELSEWHERE = 303  # "See Other": what came of it stands at another address (15.4.4)
_LOOK = "Look at the target before you do anything: it may be done, half done, or not begun."
_LONGEST_VALUE = 1_000
_SHOWN_BODY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpExecutor:
    """Sends requests to the addresses that are configured."""

    settings: HttpSettings
    http: Http
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret], repr=False)
    name: str = "http"

    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]:
        """Why a call as written in a runbook could never be sent: a field that is unsound, an
        address or secret that is not configured, a look-up where it could lead elsewhere."""
        return problems_of(call, self.settings, self.secrets)

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """The request: method, whole address, headers and body."""
        masks = masks_of(self.secrets)
        try:
            read = self._opened(call, masks)
        except CallRefused as refused:
            return Plan(shown="http", refused=masks.apply(refused.problems[0]))
        warnings = [why for name in read.secret_names if (why := self._unreadable(name))]
        if read.target.address.is_open:
            warnings.append(f"{read.target.address.origin} is spoken to unencrypted")
        return Plan(shown=_shown(read), warnings=tuple(warnings))

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        """Send the request and wait for its answer; Unclear when none came that can be believed."""
        masks = masks_of(self.secrets)
        try:
            read = self._opened(call, masks)
            if read.waits:
                raise CallRefused("a value of an earlier step is not known")
            headers = self._headers(read, ticket)
        except (CallRefused, SecretUnavailable) as refused:
            return Failed(said=f"{inert(masks.apply(str(refused)), 400)}; nothing was sent")
        try:
            answer = await self.http.request(
                read.method, read.target.url, headers=headers, params=read.target.query,
                body=read.body, timeout=ticket.timeout_s, max_bytes=MOST_BYTES,
            )  # fmt: skip
        except HttpFailure as failure:
            return _unanswered(read, failure, masks)
        output = Output(ticket.output_limit, masks, tell)
        output.feed(answer.body)
        return _answered(read, answer, output.finish(), masks)

    def _opened(self, call: Mapping[str, Any], masks: Masks) -> HttpCall:
        read = read_call(call, self.settings, self.secrets)
        if secret := masks.found_in(read.texts):
            raise CallRefused(
                f"the text of the secret {secret} stands in the call, where everybody would read "
                "it; name the secret below `secrets:` instead"
            )
        return read

    def _headers(self, call: HttpCall, ticket: Ticket) -> dict[str, str]:
        """Everything that is sent as a header; raises SecretUnavailable and CallRefused."""
        headers = {**call.headers, "Idempotency-Key": f"{ticket.run_id}:{ticket.step}"}
        given = {header: (self.secrets[name], "") for header, name in call.secrets.items()}
        if call.bearer:
            given["Authorization"] = (self.secrets[call.bearer], "Bearer ")
        for header, (secret, scheme) in given.items():
            headers[header] = scheme + secret.read()
            if wrong_header(header, headers[header]):
                raise CallRefused(f"the secret for {header} cannot stand in a header")
        return headers

    def _unreadable(self, name: str) -> str:
        try:
            self.secrets[name].read()
        except SecretUnavailable as error:
            return f"the secret {name} cannot be read now: {inert(str(error), 200)}"
        return ""


def _shown(call: HttpCall) -> str:
    bearer = [f"Authorization: Bearer from secret {call.bearer}"] if call.bearer else []
    given = [
        *(f"{name}: {text}" for name, text in call.headers.items()),
        *bearer,
        *(f"{header} from secret {name}" for header, name in call.secrets.items()),
    ]
    headers = f" ({', '.join(given)})" if given else ""
    return inert(f"{call.method} {call.target.shown}{headers}{_shown_body(call.body)}", 12_000)


def _shown_body(body: bytes | None) -> str:
    if body is None:
        return ""
    text = body.decode("utf-8", "replace")
    if len(text) <= _SHOWN_BODY:
        return f" {text}"
    digest = hashlib.sha256(body).hexdigest()[:12]
    return f" {text[:_SHOWN_BODY]}[... {len(body):,} bytes, SHA-256 {digest}]"


def _unanswered(call: HttpCall, failure: HttpFailure, masks: Masks) -> CallOutcome:
    why = inert(masks.apply(failure.reason), 300)
    if call.reads or not failure.sent:
        return Failed(said=why if call.reads else f"{why}; nothing was sent")
    return Unclear(said=f"{why}, and the request was sent. {_LOOK}")


def _answered(call: HttpCall, answer: HttpAnswer, kept: Kept, masks: Masks) -> CallOutcome:
    what = inert(f"{call.method} {call.target.url.partition('?')[0]} answered {answer.status}", 400)
    if answer.status in call.expect:
        values, lacking = _values(call, answer.body, masks)
        return Succeeded(output=kept.text, said=f"{what}{lacking}", values=values, cut=kept.cut)
    first = next((line for line in kept.text.split("\n") if line.strip()), "")
    said = f"{what}: {inert(first, 160)}" if first else what
    if answer.status >= 500 and answer.status not in _NOT_TAKEN and not call.reads:
        return Unclear(said=f"{said}. {_LOOK}", output=kept.text, cut=kept.cut)
    if call.expect != ANY_SUCCESS:
        said = f"{said} (expected {', '.join(map(str, sorted(call.expect)))})"
    return Failed(said=said, output=kept.text, cut=kept.cut, acted=_acted(call, answer.status))


def _acted(call: HttpCall, status: int) -> bool:
    """Whether an act was taken that did not end as its runbook expects. A 4xx was refused, other
    redirects ask for it to be sent elsewhere: nothing was changed by those."""
    return not call.reads and (status in ANY_SUCCESS or status == _DONE_ELSEWHERE)


def _values(call: HttpCall, body: bytes, masks: Masks) -> tuple[dict[str, Scalar], str]:
    """The scalars that stand at the paths of `values`, and which of them do not."""
    if not call.values:
        return {}, ""
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    at = {name: _at(read, path) for name, path in call.values.items()}
    found: dict[str, Scalar] = {
        name: masks.apply(value)[:_LONGEST_VALUE] if isinstance(value, str) else value
        for name, value in at.items()
        if is_scalar(value) and (isinstance(value, str) or abs(value) < 1 << 63)
    }
    lacking = [".".join(call.values[name]) for name in at if name not in found]
    return found, f"; its answer holds no {inert(', '.join(lacking), 200)}" if lacking else ""


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(part)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 7:
            items = cast("list[Any]", value)
            value = items[int(part)] if int(part) < len(items) else None
        else:
            return None
    return value


def _changes(call: Mapping[str, Any]) -> bool:
    return call.get("method") not in READS


def _make(settings: HttpSettings, tools: Tools) -> Executor:
    return HttpExecutor(settings=settings, http=tools.http, secrets=tools.secrets)


EXECUTOR = ExecutorKind(
    name="http", settings=HttpSettings, make=_make, named_secrets=True, changes=_changes,
    inspect=inspect,
)  # fmt: skip
