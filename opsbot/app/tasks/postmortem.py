"""`opsbot postmortem render` and `lint`: the document of an incident, made from its record."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from opsbot.app.kept_document import Kept, drawn, kept_of
from opsbot.app.own_templates import find_template
from opsbot.app.paper import say
from opsbot.app.postmortems import background
from opsbot.app.settings import read_settings
from opsbot.app.store import Unusable
from opsbot.app.tasks.show import incident_number
from opsbot.config import Settings
from opsbot.core.document import Document
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.figures import pictures_of
from opsbot.core.postmortem.lint import Problem, lint
from opsbot.core.postmortem.material import material
from opsbot.core.text import count
from opsbot.documents import document_of
from opsbot.documents.template import TemplateBroken

OWNER_ONLY, READABLE = 0o600, 0o644


def run(arguments: Namespace) -> int:
    """Do what the second word says. Answers 1 when there is no such incident or document, and when
    the lint finds anything."""
    settings = read_settings(arguments)
    number = incident_number(arguments.incident)
    kept = asyncio.run(kept_of(settings, number))
    if kept is None:
        return _failed(f"there is no INC-{number} on the record")
    if arguments.act == "lint":
        return _lint(settings, kept, as_json=arguments.json)
    document = kept.drafted if arguments.as_published else _rendered(settings, kept, arguments)
    if document is None:
        return _failed(kept.why_none)
    if arguments.out:
        _write(document, Path(arguments.out), arguments.format)
    else:
        sys.stdout.write(_forms(document)[arguments.format or "md"])
    return 0


def _failed(why: str) -> int:
    print(f"opsbot: {why}", file=sys.stderr)  # noqa: T201 - the command line's own error
    return 1


def _rendered(settings: Settings, kept: Kept, arguments: Namespace) -> Document:
    template = find_template(settings, arguments.template or settings.postmortem.template)
    known = replace(background(settings), blobs=kept.blobs, head=kept.head)
    pictures = pictures_of(material(kept.incident, kept.entries, known))
    wants_charts = bool(arguments.out) or arguments.format == "html"
    charts = asyncio.run(drawn(pictures)) if pictures and wants_charts else {}
    try:
        return document_of(kept.incident, kept.entries, template, charts, known)
    except TemplateBroken as broken:
        raise Unusable(str(broken)) from None


def _forms(document: Document) -> dict[str, str]:
    return {"md": document.markdown, "json": document.data, "html": document.html}


def _write(document: Document, folder: Path, only: str) -> None:
    """Put the files into the folder and name them. Of a private incident they are their owner's."""
    mode = OWNER_ONLY if document.private else READABLE
    files = {
        folder / f"{document.stem}.{form}": text.encode("utf-8", "replace")
        for form, text in _forms(document).items()
        if only in ("", form)
    }
    if only in ("", "md"):
        files |= {folder / path: image for path, image in document.attachments.items()}
    for path, data in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(descriptor, "wb") as file:
                if document.private:  # else a file that stood there keeps its readers
                    os.fchmod(descriptor, mode)
                file.write(data)
        except OSError as error:
            raise Unusable(f"{path} cannot be written: {error.strerror}") from None
        print(path)  # noqa: T201 - the output


def _lint(settings: Settings, kept: Kept, *, as_json: bool) -> int:
    known = replace(background(settings), blobs=kept.blobs, head=kept.head)
    problems = lint(postmortem(kept.incident, kept.entries, known))
    if as_json:
        print(json.dumps([asdict(problem) for problem in problems], indent=2))  # noqa: T201 - the output
    else:
        _print(kept.incident.number, problems)
    return 1 if problems else 0


def _print(number: int, problems: Sequence[Problem]) -> None:
    console = Console(highlight=False)
    for problem in problems:
        entries = ", ".join(str(seq) for seq in problem.entries[:8])
        where = f" (entries {entries})" if len(problem.entries) > 1 else (
            f" (entry {entries})" if entries else ""
        )  # fmt: skip
        say(console, f"{problem.code}  {problem.text}{where}", hang=2)
    found = count(len(problems), "problem") if problems else "nothing is missing"
    console.print(f"INC-{number}: {found}")
