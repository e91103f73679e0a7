"""The documents as data: pages, headings with their anchors, links, fences and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = tuple(sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")]))

_FENCE = re.compile(r"^(?P<mark>```+|~~~+)\s*(?P<language>[\w-]*)")
_HEADING = re.compile(r"^(#{1,6})\s+(?P<words>.+?)\s*$")
_LINK = re.compile(r"!?\[[^\]\n]*\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A fenced block: its language, its text, and the line it starts on."""

    language: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """The page's path as a reader writes it."""
    return page.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    """The text of a page, by its path from the top."""
    return (ROOT / name).read_text("utf-8")


def fences(text: str) -> Iterator[Fence]:
    """Every fenced block, in order."""
    mark, language, start, body = "", "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if not mark and found:
            mark, language, start, body = found["mark"], found["language"], number, []
        elif mark and line.strip() == mark:
            yield Fence(language=language, text="\n".join(body) + "\n", line=start)
            mark = ""
        elif mark:
            body.append(line)


def prose(text: str) -> str:
    """The text with fenced blocks left out."""
    kept, mark = list[str](), ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not mark and found:
            mark = found["mark"]
        elif mark:
            mark = "" if line.strip() == mark else mark
        else:
            kept.append(line)
    return "\n".join(kept)


def headings(text: str) -> list[str]:
    """The words of every heading."""
    found = (_HEADING.match(line) for line in prose(text).splitlines())
    return [match["words"] for match in found if match]


def anchors(text: str) -> set[str]:
    """The anchors GitHub gives the headings."""
    seen: dict[str, int] = {}
    made: set[str] = set()
    for words in headings(text):
        plain = re.sub(r"[^\w\- ]", "", words.lower().replace("`", "")).replace(" ", "-")
        times = seen.get(plain, 0)
        seen[plain] = times + 1
        made.add(f"{plain}-{times}" if times else plain)
    return made


def links(text: str) -> list[str]:
    """The target of every link and picture outside code."""
    return [match["target"] for match in _LINK.finditer(_CODE.sub("", prose(text)))]


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next one of its level or above."""
    lines, level = text.splitlines(), 0
    kept: list[str] = []
    for line in lines:
        match = _HEADING.match(line)
        if match and level and len(match[1]) <= level:
            break
        if level:
            kept.append(line)
        elif match and match["words"] == heading:
            level = len(match[1])
    assert level, f"there is no heading {heading!r}"
    return "\n".join(kept)


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, headings and rules left out."""
    found: list[list[str]] = []
    lines = prose(text).splitlines()
    for number, line in enumerate(lines):
        is_rule = set(line) <= set("|-: ")
        is_heading = number + 1 < len(lines) and set(lines[number + 1]) <= set("|-: ")
        if line.startswith("|") and not is_rule and not (is_heading and lines[number + 1]):
            cells = line.strip().strip("|").replace("\\|", "\0").split("|")
            found.append([cell.strip().replace("\0", "|") for cell in cells])
    return found


def code(cell: str) -> list[str]:
    """The words that stand in code marks."""
    return _CODE.findall(cell)


def first_codes(text: str) -> list[str]:
    """What stands in code marks in the first cell of every table row."""
    return [word for row in rows(text) for word in code(row[0])]
