"""The picture can be read by screen readers, in light and in dark, and loads nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.docs.pages import DOCS

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_says_what_it_shows_and_loads_nothing() -> None:
    text = (DOCS / "picture.svg").read_text("utf-8")
    picture = ET.fromstring(text)  # noqa: S314 - our own file
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title")
    assert picture.findtext(f"{SVG}desc")
    assert "prefers-color-scheme: dark" in text
    assert "<script" not in text
    assert "href" not in text
