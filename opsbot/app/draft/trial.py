"""Answers tried out: read as the settings they would make, and asked of the real systems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from opsbot.app.doctor import Means, open_means
from opsbot.app.draft.document import Answers, document
from opsbot.app.names_seen import names_seen
from opsbot.catalog import find_integration, integration_names
from opsbot.config import ConfigInvalid, Settings, parse
from opsbot.integrations import Wiring
from opsbot.integrations.pagerduty.account import Account, LookUpFailed
from opsbot.integrations.prometheus.calls import calls_seen
from opsbot.ports import Clock

T = TypeVar("T")


class Trial:
    """Makes settings of answers as the file at `out` would, and asks with them."""

    def __init__(self, clock: Clock, environ: Mapping[str, str], out: Path) -> None:
        self.clock = clock
        self._environ, self._out = environ, out

    def read(self, answers: Answers) -> Settings:
        """The settings these answers make. Raises ConfigInvalid."""
        text = document(answers)
        return parse(text, self._out, self._environ, find_integration, integration_names())

    async def ask(self, answers: Answers, ask: Callable[[Means], Awaitable[T]]) -> T:
        """What a question comes to. Raises ConfigInvalid, and what the question raises."""
        async with open_means(self.read(answers), self.clock) as means:
            return await ask(means)

    async def problem(self, answers: Answers, ask: Callable[[Means], Awaitable[object]]) -> str:
        """Why a question cannot be answered with these answers; "" when it can."""
        try:
            await self.ask(answers, ask)
        except ConfigInvalid as invalid:
            return invalid.problems[0].problem
        except LookUpFailed as failed:
            return failed.reason
        return ""


def account_of(means: Means) -> Account:
    """The PagerDuty account. Raises LookUpFailed without a key."""
    account = means.account
    if account is None:
        raise LookUpFailed("there is no PAGERDUTY_API_TOKEN")
    return account


async def acts_as(account: Account, email: str) -> tuple[str, bool]:
    """In whose name opsbot would write, and whether that works."""
    try:
        if email:
            found = await account.user_with(email)
            if found is None:
                return f"PagerDuty has no user with the address {email}", False
            return f"opsbot acts as {found.name}", True
        owner = await account.owner()
    except LookUpFailed as failed:
        return failed.reason, False
    if owner is None:
        return "the API key is the account's: without an address no note can be written", False
    return f"the API key is {owner.name}'s own", True


async def seen_by_source(means: Means) -> dict[str, tuple[str, ...]]:
    """The names of services by source; sources that do not answer are left out."""
    seen = await names_seen(means.settings, means.http, means.clock)
    return {one.source: one.names for one in seen if not one.problem}


async def answers_of(means: Means, source: str) -> None:
    """Whether a source can list names. Raises LookUpFailed when it cannot."""
    for one in await names_seen(means.settings, means.http, means.clock):
        if one.source == source and one.problem:
            raise LookUpFailed(one.problem)


async def calls_of(means: Means) -> tuple[tuple[str, str], ...]:
    """Who calls whom, if metrics say so."""
    known = means.settings.integration("prometheus")
    if known is None:
        return ()
    held: Any = known.settings
    wiring = Wiring(http=means.http, clock=means.clock, secrets=known.secrets)
    try:
        return await calls_seen(held, wiring)
    except LookUpFailed:
        return ()
