"""What every request to the sandbox PagerDuty's REST API passes: key, Accept, budget, From."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_incident import AccountError
from opsbot.sandbox.pagerduty_limits import RequestBudget
from opsbot.sandbox.scenario import Person

Body = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[web.Response]]


def error_body(message: str, code: int, details: Iterable[str] = ()) -> Body:
    """Write PagerDuty's error object."""
    body: Body = {"message": message, "code": code}
    if details := list(details):
        body["errors"] = details
    return {"error": body}


class Gate:
    """Checks requests; refusals become answers.

    `keys` maps keys to the user they belong to, or to None for account keys. Changes to incidents
    count against the budget of all requests and against one of their own, which is lower.
    """

    def __init__(
        self,
        keys: dict[str, Person | None],
        budget: RequestBudget,
        writes: RequestBudget,
        clock: Clock,
    ) -> None:
        self.keys = keys
        self._clock = clock
        self._budget = budget
        self._writes = writes

    def guarded(self, answer: Answer, *, writes: bool = False) -> Answer:
        """Wrap a handler."""

        async def handle(request: web.Request) -> web.Response:
            key = self._key(request)
            if key is None:
                # The real 401 is no JSON either; clients must not choke on it.
                return web.Response(text="Unauthorized\n", status=401)
            allowed, headers = self._budget.take(key)
            if allowed and writes:
                allowed, headers = self._writes.take(key)
            if not allowed:
                response = json_answer(error_body("Rate Limit Exceeded", 2020), status=429)
            else:
                response = await self._answered(request, answer)
            response.headers.update(headers)
            response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
            return response

        return handle

    async def _answered(self, request: web.Request, answer: Answer) -> web.Response:
        accept = request.headers.get("Accept", "*/*")
        if not any(kind in accept for kind in ("application/vnd.pagerduty+json", "json", "*/*")):
            return json_answer(error_body("Not Acceptable", 2001), status=406)
        try:
            return await answer(request)
        except AccountError as refused:
            body = error_body(str(refused), refused.code, refused.details)
            return json_answer(body, status=refused.status)

    def _key(self, request: web.Request) -> str | None:
        header = request.headers.get("Authorization", "")
        key = header.removeprefix("Token token=").removeprefix("Bearer ")
        known = key != header and key.strip('"') in self.keys
        return key.strip('"') if known else None

    def requester(self, request: web.Request, account: Account) -> Person:
        """Give who asks for a change: the user of a user key, else the From header's."""
        person = self.keys[self._key(request) or ""]
        if person is not None:
            return person
        email = request.headers.get("From", "")
        if not email:
            raise AccountError(
                'You must specify a user\'s email address in the "From" header '
                "to perform this action",
                2016,
            )
        for candidate in account.people:
            if candidate.email.lower() == email.lower():
                return candidate
        raise AccountError("Requester User Not Found", 1008)

    def owner(self, request: web.Request) -> Person | None:
        """Give the user whose key it is; None for an account key."""
        return self.keys[self._key(request) or ""]
