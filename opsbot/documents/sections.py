"""Sections of a Markdown document, by the marks that stand in it.

A line `<!-- opsbot:section NAME -->` opens a section, which ends before the next such line; what
stands before the first is the head. A front matter, if there is one, is the beginning of the head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = ""
_MARK = re.compile(r"^<!-- opsbot:section (?P<name>[a-z0-9-]{1,60}) -->[ \t]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section: `text` begins after its mark's line. The head has no name."""

    name: str
    text: str


def mark(name: str) -> str:
    """The line that opens a section."""
    return f"<!-- opsbot:section {name} -->"


def sections_of(markdown: str) -> tuple[Section, ...]:
    """The head and every section, in order."""
    marks = list(_MARK.finditer(markdown))
    ends = [*(found.start() for found in marks[1:]), len(markdown)]
    head = markdown[: marks[0].start()] if marks else markdown
    return (
        Section(name=HEAD, text=head),
        *(
            Section(name=found["name"], text=markdown[found.end() : end].removeprefix("\n"))
            for found, end in zip(marks, ends, strict=False)
        ),
    )


def without_front_matter(markdown: str) -> str:
    """The document without its front matter."""
    return _FRONT.sub("", markdown, count=1)
