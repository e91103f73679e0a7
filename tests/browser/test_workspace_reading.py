"""The workspace page can be read and heard: names for everything one can use, enough contrast by day
and by night, nothing beyond the edge of a phone, targets a thumb can hit."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")

READING = Path(__file__).with_name("reading.js").read_text("utf-8")
NAMELESS = re.compile(
    r"^\s*- (button|link|textbox|combobox|checkbox|switch|img|dialog|region)( \[.*\])?:?$", re.M
)


async def room(visitor: Visitor, paged_room: str) -> None:
    await visitor.open_channel(paged_room)


async def thread(visitor: Visitor, paged_room: str) -> None:
    await visitor.open_channel(paged_room)
    await visitor.open_thread()


async def channels(visitor: Visitor, paged_room: str) -> None:
    listed = await visitor.open_list()
    await listed.get_by_test_id("person-switch").click()


async def panel(visitor: Visitor, paged_room: str) -> None:
    await visitor.open_panel()


async def form(visitor: Visitor, paged_room: str) -> None:
    await visitor.type("/incident declare")
    await visitor.form("Declare an incident").wait_for()


async def home(visitor: Visitor, paged_room: str) -> None:
    listed = await visitor.open_list()
    await listed.get_by_role("link", name="opsbot", exact=True).click()
    await visitor.page.get_by_role("region", name="Home tab").get_by_role("button").first.wait_for()


SCREENS: Mapping[str, Callable[[Visitor, str], Awaitable[None]]] = {
    "room": room, "thread": thread, "channels": channels, "panel": panel, "home": home,
    "form": form,
}  # fmt: skip


async def test_every_screen_can_be_read_and_heard(visitor: Visitor, paged_room: str):
    troubles: dict[str, Any] = {}
    for name, goes in SCREENS.items():
        await visitor.arrive()
        await goes(visitor, paged_room)
        await visitor.picture(name)
        spoken = await visitor.page.locator("body").aria_snapshot()
        troubles[name, "nameless"] = NAMELESS.findall(spoken)
        for scheme in ("light", "dark"):
            await visitor.page.emulate_media(color_scheme=scheme)
            found: dict[str, list[str]] = await visitor.page.evaluate(READING)
            troubles |= {(name, scheme, kind): told for kind, told in found.items()}
    assert {where: told for where, told in troubles.items() if told} == {}
