"""The postmortem's page in a real browser: at a desk, on a phone, by night, and on paper."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from PIL import Image
from playwright.async_api import Browser, Page

from opsbot.core import entry as e
from opsbot.documents import document_of
from opsbot.documents.template import default_template
from tests.browser.conftest import WIDTHS
from tests.browser.visitor import Watch
from tests.documents.records import RECORDS

pytestmark = pytest.mark.asyncio(loop_scope="package")

READING = Path(__file__).with_name("reading.js").read_text("utf-8")
LONG = "https://example.com/" + "verylongpathwithoutanybreak" * 12


def written(name: str, folder: Path) -> Path:
    """The page of a record, with a picture, and with words and a link that nothing breaks."""
    pen = RECORDS[name]()
    chart = e.Illustrated(slot="chart:page", blob="b", file_id="F", title="INC-42: errors",
                          alt="Error share rises from 0.2 % to 9.1 %.")  # fmt: skip
    pen.write(chart, 9)
    pen.note(f"{'x' * 300} {LONG}", 10)
    image = io.BytesIO()
    Image.new("RGB", (960, 540), "#0072b2").save(image, "PNG")
    charts = {"chart:page": image.getvalue()}
    file = folder / f"{name}.html"
    made = document_of(pen.incident, pen.entries, default_template(), charts)
    file.write_text(made.html, "utf-8")
    return file


@asynccontextmanager
async def looking_at(
    browser: Browser, file: Path, **how: Any
) -> AsyncGenerator[tuple[Page, Watch]]:
    """A tab with the page; what the browser complains of is kept."""
    watch = Watch()
    page = await browser.new_page(**how)
    watch.over(page)
    try:
        await page.goto(file.as_uri())
        yield page, watch
    finally:
        await page.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=list(WIDTHS))
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_can_be_read(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    """Contrast, nothing beyond the edge, nothing asked for from anywhere, no breach of its own
    policy."""
    file = written("rolled-back-and-verified", tmp_path)
    size = {"width": width, "height": 800}
    async with looking_at(browser, file, viewport=size, color_scheme=scheme) as (page, watch):
        found: dict[str, list[str]] = await page.evaluate(READING)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (found["pale"], found["beyond"]) == ([], [])
    assert wide <= width
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert watch.complaints == []
    assert [url for url in watch.strangers if url != file.as_uri()] == []


@pytest.mark.parametrize("name", RECORDS)
async def test_no_record_reaches_beyond_the_edge_of_a_phone(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    file = written(name, tmp_path)
    async with looking_at(browser, file, viewport={"width": 375, "height": 700}) as (page, watch):
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375
        levels: list[int] = await page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3')].map((h) => Number(h.tagName[1]))"
        )
    assert levels[0] == 1
    assert all(levels[n + 1] - levels[n] <= 1 for n in range(len(levels) - 1))
    assert watch.complaints == []


async def test_every_image_has_its_words_and_was_drawn(browser: Browser, tmp_path: Path) -> None:
    file = written("rolled-back-and-verified", tmp_path)
    async with looking_at(browser, file) as (page, _):
        image = page.get_by_role("img", name="Error share rises from 0.2 % to 9.1 %.")
        assert await image.evaluate("(i) => i.complete && i.naturalWidth > 300")
        assert await page.locator("img:not([alt]), img[alt='']").count() == 0


async def test_the_contents_lead_to_every_section(browser: Browser, tmp_path: Path) -> None:
    file = written("glass-broken", tmp_path)
    async with looking_at(browser, file) as (page, _):
        contents = page.get_by_role("navigation", name="Contents")
        links = await contents.get_by_role("link").all()
        assert len(links) == 15
        for link in links:  # that a thumb hits (WCAG 2.2, 2.5.8)
            box = await link.bounding_box()
            assert box is not None
            assert box["height"] >= 24
        await contents.get_by_role("link", name="Measures").click()
        assert page.url.endswith("#measures")
        spoken = await page.locator("main").aria_snapshot()
    assert re.search(r'heading "Measures" \[level=2\]', spoken)


async def test_it_prints_on_a_few_pages_without_the_contents(
    browser: Browser, tmp_path: Path
) -> None:
    file = written("rolled-back-and-verified", tmp_path)
    async with looking_at(browser, file, color_scheme="dark") as (page, _):
        await page.emulate_media(media="print")
        assert not await page.get_by_role("navigation", name="Contents").is_visible()
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        paper = await page.pdf(format="A4")
    assert ground == "rgb(255, 255, 255)"
    assert 4 <= len(re.findall(rb"/Type /Page\b", paper)) <= 9
