"""Reading a list from Slack page by page, as far as somebody wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from opsbot.ports import Done, Refused, Unsure
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.turns import Priority

Page = list[Mapping[str, Any]] | Refused | Unsure
_MOST_PAGES = 50


async def pages(
    gateway: Gateway,
    method: str,
    arguments: Mapping[str, Any],
    key: str,
    *,
    priority: Priority,
) -> AsyncIterator[Page]:
    """Yield each page's items under `key`; a refusal ends the reading.

    Fewer items than asked for do not mean the end (Slack page "Pagination"), only an empty cursor
    does. A cursor that never ends is given up after fifty pages.
    """
    cursor = ""
    for _ in range(_MOST_PAGES):
        asked = {**arguments, "cursor": cursor} if cursor else arguments
        answer = await gateway.call(method, asked, priority=priority)
        if not isinstance(answer, Done):
            yield answer
            return
        yield objects(answer.value.get(key))
        cursor = text_at(as_object(answer.value.get("response_metadata")), "next_cursor")
        if not cursor:
            return
