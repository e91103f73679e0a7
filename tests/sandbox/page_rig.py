"""The sandbox's web page in tests: started beside a sandbox Slack, read as elements, acted on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp

from opsbot.sandbox.page.site import WorkspacePage
from opsbot.sandbox.slack.model import User
from opsbot.sandbox.world import World
from tests.sandbox.slack_world import SlackWorld

_VOID = {"br", "hr", "img", "input", "link", "meta", "option", "path", "rect", "circle"}


@dataclass(slots=True)
class Element:
    """One element as a browser would find it."""

    tag: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """Everything readable in it, spaces joined."""
        return " ".join("".join(self.texts).split())


class Elements(HTMLParser):
    """Every element of a page in order, each with the text inside it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.found.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Elements of a tag whose attributes (`_` for `-`) have these values."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.found
            if tag in ("", element.tag) and wanted.items() <= element.attributes.items()
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        """The only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def of_class(self, name: str) -> list[Element]:
        """Elements of a class."""
        return [e for e in self.found if name in e.attributes.get("class", "").split()]

    @property
    def messages(self) -> list[str]:
        """What the messages say, in order."""
        return [element.text for element in self.of_class("message")]


@dataclass(slots=True, kw_only=True)
class PageRig:
    """A running page, and a browser without a face."""

    url: str
    http: aiohttp.ClientSession

    async def html(self, user: User, path: str, **query: str) -> str:
        """The page as a person sees it."""
        address = f"{self.url}{path.lstrip('/')}"
        async with self.http.get(address, params={"as": user.id, **query}) as response:
            assert response.status == 200, await response.text()
            return await response.text()

    async def look(self, user: User, path: str, **query: str) -> Elements:
        """The elements of the page as a person sees it."""
        return Elements(await self.html(user, path, **query))

    async def status(self, user: User, path: str, **query: str) -> int:
        """The status of an answer."""
        address = f"{self.url}{path.lstrip('/')}"
        async with self.http.get(address, params={"as": user.id, **query}) as response:
            return response.status

    async def act(self, user: User, name: str, /, **body: Any) -> dict[str, Any]:
        """Do something as a person, as the page's own script does."""
        headers = {"Origin": self.url.rstrip("/")}
        address = f"{self.url}act/{name}?as={user.id}"
        async with self.http.post(address, json=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    @asynccontextmanager
    async def stream(self, user: User, path: str, **query: str) -> AsyncGenerator[TabStream]:
        """What a tab hears while it shows this."""
        address = f"{self.url}stream/{path.lstrip('/')}"
        async with self.http.get(address, params={"as": user.id, **query}) as response:
            assert response.content_type == "text/event-stream"
            tab = TabStream(response)
            await tab.next()
            yield tab


class TabStream:
    """The server-sent events of one tab."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self, *, within: float = 3.0) -> Any:
        """The data of the next event."""
        async with asyncio.timeout(within):
            async for line in self._response.content:
                if line.startswith(b"data: "):
                    return json.loads(line[6:])
        raise AssertionError("the stream has ended")

    async def is_silent(self, *, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.next(within=seconds)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def serving(slack: SlackWorld, world: World | None = None) -> AsyncGenerator[PageRig]:
    """Run the page of a sandbox Slack."""
    page = WorkspacePage(slack.sandbox, world)
    url = await page.start()
    try:
        yield PageRig(url=url, http=slack.session)
    finally:
        await page.stop()
