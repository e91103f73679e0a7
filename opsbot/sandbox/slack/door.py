"""The Web API's front door: read, journal, meet faults, authenticate, admit, let a method work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from aiohttp import web

from opsbot.sandbox.slack.arguments import Arguments, Sent, read
from opsbot.sandbox.slack.call import ApiCall
from opsbot.sandbox.slack.delivery.socket_mode import SocketMode
from opsbot.sandbox.slack.errors import RateLimited, SlackError, invalid_arguments
from opsbot.sandbox.slack.facts import ALSO_NEEDED, METHODS, MethodFacts, error_for_missing
from opsbot.sandbox.slack.faults import Fault, Faults
from opsbot.sandbox.slack.journal import Call, Journal
from opsbot.sandbox.slack.methods import HANDLERS
from opsbot.sandbox.slack.tiers import Tiers
from opsbot.sandbox.slack.tokens import Tokens
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace

_ENCODED = ("blocks", "attachments", "metadata", "view", "files")
_HTML = "<!DOCTYPE html><title>Server error</title><p>Something went wrong.</p>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call is answered: JSON, an HTML page, a closed connection, or silence."""

    manner: Literal["json", "page", "hang_up", "silence"] = "json"
    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    error: str = ""
    retry_after: int | None = None


class ApiDoor:
    """Answers `/api/<method>`; the work of a call is done in one go, without awaiting anything."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        views: ViewStore,
        sockets: SocketMode,
        tiers: Tiers,
        journal: Journal,
        faults: Faults,
        tokens: Tokens,
    ) -> None:
        self._workspace = workspace
        self._views = views
        self._sockets = sockets
        self._tiers = tiers
        self._journal = journal
        self._faults = faults
        self.tokens = tokens
        self.closing = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request and write it into the journal."""
        method = request.match_info["method"]
        sent, unreadable = await _read(request)
        arguments = _decoded({**sent.query, **sent.body})
        call = self._journal.open(method, arguments, _unknown(method, arguments))
        outcome = Outcome(manner="hang_up", error="abandoned")
        try:
            outcome = await self._outcome(call, sent, unreadable)
            return await self._send(request, outcome)
        finally:
            answered = outcome.manner in ("json", "page")
            self._journal.close(
                call,
                ok=answered and outcome.status == 200 and not outcome.error,
                error=outcome.error,
                status=outcome.status if answered else None,
                retry_after=outcome.retry_after,
            )

    async def _outcome(self, call: Call, sent: Sent, unreadable: SlackError | None) -> Outcome:
        if self._faults.down == "closed":
            return Outcome(manner="hang_up", error="down")
        if self._faults.down == "503":
            return Outcome(manner="page", status=503, error="down")
        if self._faults.latency > 0:
            await asyncio.sleep(self._faults.latency)
        fault = self._faults.take(call.method, call.arguments)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None and not fault.after_commit:
            return _faulty(fault)
        outcome = self._work(call, sent, unreadable)
        if fault is not None and fault.after_commit:
            return _faulty(fault)
        return outcome

    def _work(self, call: Call, sent: Sent, unreadable: SlackError | None) -> Outcome:
        facts = METHODS.get(call.method)
        if facts is None:
            return _refused(SlackError("unknown_method", req_method=call.method))
        try:
            if unreadable is not None:
                raise unreadable
            scopes = self.tokens.scopes_for(facts, sent.token)
            headers = _scope_headers(facts, scopes)
        except SlackError as refusal:
            return _refused(refusal)
        try:
            self._tiers.admit(facts)
            api_call = self._api_call(facts, sent, scopes)
            body = HANDLERS[facts.name](api_call)
        except SlackError as refusal:
            if refusal.name not in facts.errors:
                raise RuntimeError(
                    f"The sandbox would answer {facts.name} with {refusal.name}, "
                    "which Slack does not: correct the method or facts.json."
                ) from refusal
            return replace(_refused(refusal), headers={**headers, **_retry_header(refusal)})
        self._journal.commit(call)
        return Outcome(body={"ok": True, **body}, headers=headers)

    def _api_call(self, facts: MethodFacts, sent: Sent, scopes: frozenset[str]) -> ApiCall:
        args = sent.arguments(takes_json=facts.takes_json)
        call = ApiCall(
            method=facts,
            args=args,
            workspace=self._workspace,
            views=self._views,
            sockets=self._sockets,
            tiers=self._tiers,
            scopes=scopes,
        )
        call.need_scope(*facts.scopes)
        if facts.name in ALSO_NEEDED:
            call.need_scope(ALSO_NEEDED[facts.name])
        _need_arguments(facts, args)
        return call

    async def _send(self, request: web.Request, outcome: Outcome) -> web.StreamResponse:
        if outcome.manner == "silence":
            await self._stay_silent(request)
        if outcome.manner in ("silence", "hang_up"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if outcome.manner == "page":
            return web.Response(
                status=outcome.status, text=_HTML, content_type="text/html", headers=outcome.headers
            )
        return web.json_response(
            dict(outcome.body), status=outcome.status, headers=dict(outcome.headers)
        )

    async def _stay_silent(self, request: web.Request) -> None:
        """Hold the request open until the client leaves or the sandbox stops."""
        while request.transport is not None and not request.transport.is_closing():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), timeout=0.02)
                return


def _scope_headers(facts: MethodFacts, scopes: frozenset[str]) -> dict[str, str]:
    return {
        "x-oauth-scopes": ",".join(sorted(scopes)),
        "x-accepted-oauth-scopes": ",".join(facts.scopes),
    }


async def _read(request: web.Request) -> tuple[Sent, SlackError | None]:
    try:
        return await read(request), None
    except SlackError as refusal:
        return Sent(), refusal


def _need_arguments(facts: MethodFacts, args: Arguments) -> None:
    missing = [name for name in facts.required if name not in args]
    for name in missing:
        error = error_for_missing(facts, name)
        if error != "invalid_arguments":
            raise SlackError(error)
    if missing:
        raise invalid_arguments(*(f"missing required field: {name}" for name in missing))


def _unknown(method: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    facts = METHODS.get(method)
    return () if facts is None else tuple(sorted(set(arguments) - facts.known))


def _decoded(arguments: dict[str, Any]) -> dict[str, Any]:
    for name in _ENCODED:
        value = arguments.get(name)
        if isinstance(value, str):
            with suppress(ValueError):
                arguments[name] = json.loads(value)
    return arguments


def _refused(refusal: SlackError) -> Outcome:
    if isinstance(refusal, RateLimited):
        return Outcome(
            status=429,
            body=refusal.body(),
            headers=_retry_header(refusal),
            error=refusal.name,
            retry_after=refusal.retry_after,
        )
    return Outcome(body=refusal.body(), error=refusal.name)


def _retry_header(refusal: SlackError) -> dict[str, str]:
    if isinstance(refusal, RateLimited):
        return {"Retry-After": str(refusal.retry_after)}
    return {}


def _faulty(fault: Fault) -> Outcome:
    if fault.kind == "ratelimited":
        limited = _refused(RateLimited(fault.retry_after))
        return replace(limited, status=200, headers={}) if fault.in_200 else limited
    if fault.kind == "server_error":
        return Outcome(manner="page", status=fault.status, error=f"http_{fault.status}")
    if fault.kind == "error":
        return _refused(SlackError(fault.name))
    if fault.kind == "unreadable":
        return Outcome(manner="page", error="unreadable")
    if fault.kind == "committed_then_timeout":
        return Outcome(manner="silence", error=fault.kind)
    return Outcome(manner="hang_up", error=fault.kind)
