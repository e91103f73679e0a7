"""Every record becomes its golden document, byte for byte; `python -m tests.documents.golden`
writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.golden import FOLDER, golden_files


@pytest.mark.parametrize("path", golden_files(), ids=lambda path: path.name)
def test_a_document_is_what_it_was(path: Path) -> None:
    assert golden_files()[path] == path.read_text("utf-8")


def test_no_golden_document_is_left_over() -> None:
    assert sorted(FOLDER.iterdir()) == sorted(golden_files())
