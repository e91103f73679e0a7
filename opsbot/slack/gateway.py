"""The only way out to Slack: budgets, order, waiting, and one meaning for every answer."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from opsbot.ports import Clock, Done, Outcome, Refused, Unsure
from opsbot.slack.budget import Budgets
from opsbot.slack.judgement import (
    Answer,
    Limited,
    Lost,
    judge,
    limited,
    lost,
    no_token,
    unreachable,
)
from opsbot.slack.methods import method_named
from opsbot.slack.turns import Priority, Ticket, Turns
from opsbot.slack.wire import NoReply, NoToken, Wire, direct

SLACK = "https://slack.com/api/"
Observe = Callable[[str, str, float], None]

_log = logging.getLogger("opsbot.slack")
_BEFORE_READING_AGAIN = 0.5  # seconds
_SHORTLY = timedelta(seconds=2)


def _unobserved(method: str, outcome: str, waited: float) -> None:
    """Nobody counts."""


class Gateway:
    """Slack's Web API as `call`; start it before, close it after.

    `observe(method, outcome, waited_s)` is told of every call, with one of the words done,
    refused, limited, unsure. `longest_wait` is how many seconds a call may spend waiting for
    budget or for the end of a freeze before it is refused with the time to come back; `patience`
    shortens that for what is not worth waiting for.
    """

    def __init__(
        self,
        *,
        token: Callable[[], str],
        clock: Clock,
        base_url: str = SLACK,
        proxy_for: Callable[[str], str | None] = direct,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
        longest_wait: float = 30.0,
        patience: Mapping[Priority, float] | None = None,
        observe: Observe = _unobserved,
    ) -> None:
        self._clock = clock
        self._base_url = base_url
        self._wire = Wire(
            token=token, base_url=base_url, proxy_for=proxy_for, tls=tls, timeout=timeout
        )
        self._budgets = Budgets()
        self._turns = Turns(clock, longest=longest_wait, patience=patience)
        self._observe = observe
        self.counts: Counter[tuple[str, str]] = Counter()  # (method, outcome)
        self.last_ok_at: datetime | None = None
        self.failed_since_ok = False  # whether a call was not done since `last_ok_at`
        self.granted_scopes: frozenset[str] = frozenset()

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._turns)

    async def start(self) -> None:
        """Open the connection pool."""
        await self._wire.start()

    async def close(self) -> None:
        """Refuse whoever still waits, and close every connection."""
        await self._turns.close()
        await self._wire.close()

    async def call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        *,
        priority: Priority,
        channel: str = "",
    ) -> Answer:
        """Do one call when its turn comes. Never raises for anything Slack or the network does.

        A benign refusal ("it stands already") is Done, with Slack's word under `error`. A write
        without a clear answer is Unsure and never repeated here; a read is tried once more.
        `channel` is where a posting method posts.
        """
        buckets = self._budgets.buckets(method, channel, self._clock.monotonic())
        ticket = self._turns.ticket(priority, buckets)
        tries = 2 if method_named(method).reads else 1
        spent = 0.0
        while True:
            asked = self._clock.monotonic()
            wait = await self._turns.take(ticket)
            spent += self._clock.monotonic() - asked
            if wait:
                return self._told(method, limited(method, wait), spent, "limited")
            met = await self._meet(method, arguments)
            if isinstance(met, Limited):
                self._hold_back(method, ticket, met.seconds)
            elif not isinstance(met, Lost):
                return self._told(method, met, spent)
            elif tries == 1:
                return self._told(method, lost(method, met.reason), spent)
            else:
                tries -= 1
                await self._clock.sleep(_BEFORE_READING_AGAIN)

    async def post(self, url: str, body: bytes, content_type: str) -> Outcome[None]:
        """Send bytes to an address that Slack handed out (a response URL, an upload).

        Such addresses have no tier. Only Slack's own hosts and that of `base_url` are written to,
        because the address comes back through a payload.
        """
        if not self._is_slack(url):
            return Refused(error="not_slack", cure="The address to answer at is not Slack's.")
        try:
            status = await self._wire.post(url, body, content_type)
        except NoReply as error:
            return Unsure(reason=error.reason) if error.sent else unreachable(error.reason)
        if status < 400:
            return Done(value=None)
        if status == 429 or status >= 500:
            return Refused(error=f"http_{status}", cure="Slack is busy.", retry_after=_SHORTLY)
        return Refused(error=f"http_{status}", cure="The address is no longer valid.")

    def _is_slack(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self._base_url)
        if parts.scheme == "https" and (parts.hostname or "").endswith(".slack.com"):
            return True
        return (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

    async def _meet(self, method: str, arguments: Mapping[str, Any]) -> Answer | Limited | Lost:
        try:
            reply = await self._wire.exchange(method, arguments)
        except NoToken as error:
            self.failed_since_ok = True
            return no_token(str(error))
        except NoReply as error:
            self.failed_since_ok = True
            return Lost(reason=error.reason) if error.sent else unreachable(error.reason)
        if reply.scopes is not None:
            self.granted_scopes = frozenset(reply.scopes.replace(",", " ").split())
        met = judge(method, reply, self._clock.now())
        if isinstance(met, Done):
            self.last_ok_at, self.failed_since_ok = self._clock.now(), False
        elif not isinstance(met, Limited):
            self.failed_since_ok = True
        return met

    def _hold_back(self, method: str, ticket: Ticket, seconds: float) -> None:
        """Freeze what the call draws on; the call queues again where it stood, at the head."""
        self.counts[method, "frozen"] += 1
        _log.warning("Slack limits %s: holding back for %.0f s", method, seconds)
        self._turns.freeze(ticket, seconds)

    def _told(self, method: str, answer: Answer, spent: float, word: str = "") -> Answer:
        """Count the outcome and say what an operator should know, without any content."""
        match answer:
            case Done():
                word = word or "done"
            case Refused(error=error):
                word = word or "refused"
                _log.info("Slack did not do %s: %s", method, error)
            case Unsure(reason=reason):
                word = word or "unsure"
                _log.warning("Slack may or may not have done %s", reason)
        self.counts[method, word] += 1
        self._observe(method, word, spent)
        return answer
