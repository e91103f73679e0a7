"""Whether the addresses that runbooks may call answer: asked with HEAD, which changes nothing and
carries no secret."""

from __future__ import annotations

import asyncio

from opsbot.core.text import count, inert
from opsbot.executors import Tools
from opsbot.executors._http_settings import HttpSettings
from opsbot.executors._secrets_read import unreadable
from opsbot.ports import Http, HttpFailure, Inspection, Trouble

_WITHIN = 8.0  # seconds
_AT_ONCE = 8
_LEAST_BROKEN = 500  # of statuses; 401 and 404 are answers of a server that is well


async def inspect(settings: HttpSettings, tools: Tools) -> Inspection:
    """Every address and every secret of `executors: http:`."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def asked(url: str) -> Trouble | None:
        async with turns:
            return await _asked(tools.http, url)

    found = await asyncio.gather(*map(asked, settings.hosts))
    secrets = await asyncio.to_thread(lambda: list(unreadable(tools.secrets)))
    troubles = [*(one for one in found if one is not None), *secrets]
    if not settings.hosts:
        fix = "Add the addresses that runbooks may call to executors.http.hosts"
        troubles.append(Trouble(said="no address may be called", fix=fix, hinders=False))
    known = count(len(settings.hosts), "host")
    verb = "answers" if len(settings.hosts) == 1 else "answer"
    well = f"{known} {verb}; that the secrets are taken shows with the first call"
    return Inspection(well=well, troubles=tuple(troubles))


async def _asked(http: Http, url: str) -> Trouble | None:
    at = inert(url, 200)
    try:
        answer = await http.request("HEAD", url, timeout=_WITHIN)
    except HttpFailure as failure:
        if failure.sent:  # there is a server: it may answer what it is meant for
            said = f"{at} takes connections and does not answer HEAD ({inert(failure.reason, 200)})"
            return Trouble(said=said, fix="See whether it is well", hinders=False)
        return Trouble(
            said=f"{at} is not reached: {inert(failure.reason, 200)}",
            fix="Check the address, DNS, proxy and authorities (`http:` in opsbot.yaml)",
        )
    if answer.status >= _LEAST_BROKEN:
        said = f"{at} answers {answer.status}"
        return Trouble(said=said, fix="See whether it is well", hinders=False)
    return None
