"""The golden documents: what every record of `records.py` becomes, kept as files.

A change of wording is looked at in the diff that this makes, and then taken:

    python -m tests.documents.golden
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from opsbot.documents import document_of
from opsbot.documents.template import default_template
from tests.documents.records import RECORDS

FOLDER = Path(__file__).with_name("golden")
WITH_DATA = ("rolled-back-and-verified", "redacted-and-withdrawn")  # whose JSON is kept too


@cache
def golden_files() -> Mapping[Path, str]:
    """Every golden file with what it has to hold today."""
    files: dict[Path, str] = {}
    for name, record in RECORDS.items():
        pen = record()
        made = document_of(pen.incident, pen.entries, default_template())
        files[FOLDER / f"{name}.md"] = made.markdown
        if name in WITH_DATA:
            files[FOLDER / f"{name}.json"] = made.data
    return files


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    wanted = golden_files()
    for path in FOLDER.iterdir():
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
