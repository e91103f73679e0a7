"""Every link inside the repository leads somewhere, and so does every path in code marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, code, links, name_of, prose

_OUTSIDE = ("http://", "https://", "mailto:")
# Words in code marks that look like a path of this repository: a known top folder, no blanks.
_PATH = re.compile(r"^(?:opsbot|tests|docs|benchmarks)/[\w./*-]+$")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_relative_link_and_anchor_resolves(path: Path) -> None:
    broken: list[str] = []
    for target in links(path.read_text("utf-8")):
        if target.startswith(_OUTSIDE):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        exists = place.exists() and place.is_relative_to(ROOT)
        if not exists or (anchor and anchor not in anchors(place.read_text("utf-8"))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_path_that_is_named_exists(path: Path) -> None:
    named = [word for word in code(prose(path.read_text("utf-8"))) if _PATH.match(word)]
    assert [word for word in named if not list(ROOT.glob(word.rstrip("/")))] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_starts_with_its_one_title(path: Path) -> None:
    titles = [line for line in prose(path.read_text("utf-8")).splitlines() if line[:2] == "# "]
    assert len(titles) == 1
    assert path.read_text("utf-8").startswith(titles[0])


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_holds_a_path_of_somebodys_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"(?:/home/|/Users/|/root/|/work/|/tmp/|[A-Z]:\\)\S*", text) == []
