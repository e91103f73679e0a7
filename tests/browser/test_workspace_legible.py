"""The workspace page can be read and heard: names for everything one can use, enough contrast by
day and by night, nothing beyond the edge of a phone, targets a thumb can hit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from playwright.async_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")

READING = Path(__file__).with_name("reading.js").read_text("utf-8")
NAMELESS = re.compile(
    r"^\s*- (button|link|textbox|combobox|checkbox|switch|img|dialog|region)( \[.*\])?:?$", re.M
)


async def room(visitor: Visitor, paged_room: str) -> None:
    await visitor.open_channel(paged_room)


async def thread(visitor: Visitor, paged_room: str) -> None:
    shown = await visitor.open_thread()
    await expect(shown.locator(".picture img")).to_have_count(2)


async def panel(visitor: Visitor, paged_room: str) -> None:
    await visitor.page.get_by_role("link", name="Close thread").click()
    shown = await visitor.open_panel()
    await shown.get_by_text("Page another service").click()


async def home(visitor: Visitor, paged_room: str) -> None:
    await visitor.page.get_by_role("link", name="Close the sandbox panel").click()
    listed = await visitor.open_list()
    await listed.get_by_role("link", name="opsbot", exact=True).click()
    tab = visitor.page.get_by_role("region", name="Home tab")
    await expect(tab.get_by_role("button").first).to_be_visible()


async def channels(visitor: Visitor, paged_room: str) -> None:
    listed = await visitor.open_list()
    await listed.get_by_test_id("person-switch").click()


async def form(visitor: Visitor, paged_room: str) -> None:
    await visitor.open_channel("incidents")
    await visitor.type("/incident declare")
    await expect(visitor.form("Declare an incident")).to_be_visible()


SCREENS = (room, thread, panel, home, channels, form)


async def test_every_screen_can_be_read_and_heard(visitor: Visitor, paged_room: str):
    """One visit through all of them, by day and by night."""
    await visitor.arrive()
    troubles: dict[str, list[str]] = {}
    for screen in SCREENS:
        await screen(visitor, paged_room)
        await visitor.picture(screen.__name__)
        spoken = await visitor.page.locator("body").aria_snapshot()
        troubles[f"{screen.__name__}: without a name"] = NAMELESS.findall(spoken)
        for scheme in ("light", "dark"):
            await visitor.page.emulate_media(color_scheme=scheme)
            found: dict[str, list[str]] = await visitor.page.evaluate(READING)
            troubles |= {f"{screen.__name__}, {scheme}: {kind}": e for kind, e in found.items()}
    assert {where: elements for where, elements in troubles.items() if elements} == {}
