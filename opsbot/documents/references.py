"""Long addresses out of the text: a link to a query of several lines would bury the sentence it
stands in, so it becomes a reference, with the address at the end of its section."""

from __future__ import annotations

import re

from opsbot.documents.sections import mark, sections_of

LONGEST_INLINE = 60  # characters of an address that stays where it is
_CODE = re.compile(r"(?P<mark>`+)(?:(?!`).|(?!(?P=mark)(?!`))`)*(?P=mark)(?!`)")
_LINK = re.compile(r"(?<=\])\((?P<url>https?://[^\s()]+)\)")
_FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,})")


def with_references(markdown: str) -> str:
    """The same document with long links as references (CommonMark, "Link reference definitions").
    Each section has its own, so that it can be read, edited and merged by itself."""
    head, *rest = sections_of(markdown)
    told = (f"{mark(one.name)}\n{_section(one.text, one.name)}" for one in rest)
    return "".join((_section(head.text, "head"), *told))


def _section(text: str, name: str) -> str:
    labels: dict[str, str] = {}
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opens = _FENCE.match(line)
        if fence:
            lines.append(line)
            fence = "" if line.strip() == fence else fence
        elif opens:
            lines.append(line)
            fence = opens["mark"]
        else:
            lines.append(_line(line, name, labels))
    if not labels:
        return text
    body = "\n".join(lines).rstrip("\n")
    definitions = "\n".join(f"[{label}]: {url}" for url, label in labels.items())
    return f"{body}\n\n{definitions}\n\n"


def _line(line: str, name: str, labels: dict[str, str]) -> str:
    """The line with its long links as references; code is left alone."""

    def referred(found: re.Match[str]) -> str:
        url = found["url"]
        if len(url) <= LONGEST_INLINE:
            return found[0]
        return f"[{labels.setdefault(url, f'{name}-{len(labels) + 1}')}]"

    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(line):
        parts += [_LINK.sub(referred, line[end : code.start()]), code[0]]
        end = code.end()
    return "".join((*parts, _LINK.sub(referred, line[end:])))
