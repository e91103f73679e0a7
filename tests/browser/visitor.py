"""Somebody in front of the workspace page: one tab, what they do in it, what the browser says."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, Request, Response, expect

WITHIN = 15_000  # milliseconds for anything to come about, on a busy machine
MOST_TABS = 80
PHONE = 500  # pixels; a narrower window is a phone

expect.set_options(timeout=WITHIN)


@dataclass  # without slots: Playwright keeps its wrapper of a handler on the object
class Watch:
    """What no visit may bring about."""

    complaints: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    def over(self, page: Page) -> None:
        """Note errors and warnings (a breach of the policy is one), crashes, failed answers, and
        requests to anybody but this machine."""
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("crash", lambda _: self.complaints.append("the tab crashed"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.hostname != "127.0.0.1" and parts.scheme not in ("data", "blob"):
            self.strangers.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} for {response.url}")


class Visitor:
    """A person's tab. `page` is Playwright's, for whatever has no name here."""

    def __init__(self, page: Page, address: str, width: int, album: Path | None) -> None:
        self.page, self.width = page, width
        self._address, self._album = address, album

    @property
    def on_phone(self) -> bool:
        """Whether one column is all there is."""
        return self.width < PHONE

    # --- getting about --------------------------------------------------------------------------

    async def arrive(self, who: str = "robin.sample") -> None:
        """Open the page as somebody, in the channel of incidents."""
        await self.page.goto(f"{self._address}?as={who}")
        await self.page.evaluate("window.neverLoadedAgain = true")

    async def open_list(self) -> Locator:
        """The list of channels; a phone shows it by itself."""
        if self.on_phone and not await self.page.locator("#sidebar").is_visible():
            await self.page.get_by_role("link", name="All channels").click()
        return self.page.get_by_role("navigation", name="Workspace")

    async def rooms(self) -> list[str]:
        """The rooms of incidents in the list, by name."""
        names = self.page.locator("#sidebar .place .name").filter(has_text="inc-")
        return await names.all_inner_texts()

    async def open_room(self, known: list[str]) -> str:
        """Wait in the list for a room that was not among `known`, and enter it."""
        listed = await self.open_list()
        links = listed.locator("a.place").filter(has_text="inc-")
        await expect(links).to_have_count(len(known) + 1)
        (name,) = set(await self.rooms()) - set(known)
        await self.open_channel(name)
        return name

    async def open_channel(self, name: str) -> None:
        """Enter a channel from the list."""
        listed = await self.open_list()
        exactly = self.page.locator(".name", has_text=re.compile(f"^{re.escape(name)}$"))
        await listed.locator("a.place").filter(has=exactly).click()
        await expect(self.page.locator("#main h2")).to_have_text(name)

    async def open_thread(self) -> Locator:
        """The thread below the card."""
        await self.card.get_by_test_id("thread-summary").click()
        return self.page.get_by_role("complementary", name="Thread")

    async def open_panel(self) -> Locator:
        """The panel with pages and faults."""
        await self.page.get_by_role("link", name="Sandbox panel").click()
        return self.page.get_by_role("complementary", name="Sandbox")

    async def be(self, name: str) -> None:
        """Become somebody else, in the same place."""
        listed = await self.open_list()
        await listed.get_by_test_id("person-switch").click()
        await listed.locator("#be li").get_by_role("link", name=name).click()
        await expect(self.page.get_by_test_id("person-switch")).to_contain_text(name)

    # --- what is there --------------------------------------------------------------------------

    @property
    def messages(self) -> Locator:
        """What has been said in the channel."""
        return self.page.get_by_test_id("messages").get_by_test_id("message")

    @property
    def card(self) -> Locator:
        """The card of the room's incident: its pinned message."""
        return self.page.locator("#messages .message.pinned")

    @property
    def private(self) -> Locator:
        """What only this person sees."""
        return self.messages.filter(has_text="Only visible to you")

    def form(self, title: str) -> Locator:
        """The app's form of a title."""
        return self.page.get_by_role("dialog", name=title)

    # --- acting ---------------------------------------------------------------------------------

    async def type(self, text: str) -> None:
        """Send something from the message box."""
        box = self.page.get_by_test_id("composer")
        await box.fill(text)
        await box.press("Enter")

    async def press(self, within: Locator, name: str) -> None:
        """Press a button of a message or form."""
        await within.get_by_role("button", name=name, exact=True).click()

    async def tab_to(self, wanted: Locator) -> None:
        """Press Tab until something has the focus; it fails when nothing leads there."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            if await wanted.evaluate("(e) => e === document.activeElement"):
                return
        raise AssertionError(f"{MOST_TABS} times Tab never came to {wanted}")

    # --- afterwards -----------------------------------------------------------------------------

    async def picture(self, name: str) -> None:
        """Put pictures of what is seen into the album, by day and by night, if there is one."""
        if self._album is None:
            return
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.screenshot(path=self._album / f"{name}-{self.width}-{scheme}.png")
        await self.page.emulate_media(color_scheme="light")


@asynccontextmanager
async def enter(
    browser: Browser, address: str, *, width: int, album: Path | None = None
) -> AsyncGenerator[Visitor]:
    """A visit in a fresh profile; it fails when the browser complained or asked a stranger."""
    phone = width < PHONE
    context = await browser.new_context(
        viewport={"width": width, "height": 720 if phone else 800},
        is_mobile=phone, has_touch=phone, locale="en-GB", timezone_id="UTC",
    )  # fmt: skip
    context.set_default_timeout(WITHIN)
    page = await context.new_page()
    watch = Watch()
    watch.over(page)
    try:
        yield Visitor(page, address, width, album)
        assert await page.evaluate("window.neverLoadedAgain"), "the page was loaded again"
    finally:
        await context.close()
    assert (watch.complaints, watch.strangers) == ([], [])
