"""Puts a document into a folder: Markdown, JSON, HTML and charts. Which file is whose incident's
stands in `.opsbot/` beside them, so that nobody else's file is ever replaced."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from opsbot.core.document import Document
from opsbot.integrations.folder import files
from opsbot.integrations.folder.files import Unsafe
from opsbot.ports import Done, Outcome, Published, Refused, T

_AGAIN = timedelta(minutes=1)  # until a full disk or a missing right may have been mended
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,149}")
_MOST_OF_ONE_NAME = 50


@dataclass(slots=True, kw_only=True)
class FolderPublisher:
    """Documents as files below `root`; `url` tells where people read them."""

    root: Path
    url: str = ""
    takes_private: bool = False
    _read: dict[str, str] = field(default_factory=dict[str, str], init=False)  # hash by stem

    @property
    def name(self) -> str:
        return "folder"

    async def find(self, document: Document) -> Outcome[Published | None]:
        """What an earlier try put there for this incident."""

        def look() -> Published | None:
            with files.opened(self.root) as root:
                stem = self._held_stem(root, document.incident_id)
                if not stem or files.read(root, f"{stem}.md") is None:
                    return None
            return self._published(stem)

        return await self._done(look)

    async def read(self, held: Published) -> Outcome[str | None]:
        """The Markdown file's text; what it was is remembered until it is written again."""

        def look() -> str | None:
            with files.opened(self.root) as root:
                data = files.read(root, f"{_safe(held.ref)}.md")
            self._read[held.ref] = _hash(data)
            return None if data is None else data.decode("utf-8-sig")

        return await self._done(look)

    async def publish(self, document: Document, held: Published | None) -> Outcome[Published]:
        """Write every file, the Markdown last: when it stands, all of them do."""
        if document.private and not self.takes_private:
            return Refused(
                error="private",
                cure="The incident is private: write `private: true` below `folder:` in "
                "opsbot.yaml if only its readers can look into that folder.",
            )

        def put() -> Published | None:
            with files.opened(self.root) as root:
                stem = _safe(held.ref) if held else self._stem(root, document)
                if not self._is_as_read(root, stem):
                    return None
                self._write(root, document, stem)
            return self._published(stem)

        outcome = await self._done(put)
        if isinstance(outcome, Done):
            if outcome.value is not None:
                return Done(value=outcome.value)
            return Refused(
                error="changed", cure="Somebody saved the file just now: opsbot reads it again.",
                retry_after=timedelta(seconds=1),
            )  # fmt: skip
        return outcome

    def _write(self, root: int, document: Document, stem: str) -> None:
        private = document.private
        mine = f".opsbot/{_safe(document.incident_id)}"
        files.write(root, mine, f"{stem}\n".encode(), private=private)
        for path, data in document.attachments.items():
            files.write(root, path, data, private=private)
        for ending, text in (
            ("html", document.html), ("json", document.data), ("md", document.markdown)
        ):  # fmt: skip
            data = text.encode("utf-8", "replace")
            files.write(root, f"{stem}.{ending}", data, private=private)

    def _is_as_read(self, root: int, stem: str) -> bool:
        """Whether nobody saved the file since it was read; if it was not read, nobody can tell."""
        known = self._read.pop(stem, None)
        return known is None or known == _hash(files.read(root, f"{stem}.md"))

    def _held_stem(self, root: int, incident_id: str) -> str:
        found = files.read(root, f".opsbot/{_safe(incident_id)}")
        return _safe(found.decode("ascii", "replace").strip()) if found else ""

    def _stem(self, root: int, document: Document) -> str:
        """The incident's own file name, or the first that is free: a number may repeat when
        another opsbot wrote here."""
        if held := self._held_stem(root, document.incident_id):
            return held
        stem = _safe(document.stem)
        for number in range(1, _MOST_OF_ONE_NAME):
            free = f"{stem}-{number}" if number > 1 else stem
            if files.read(root, f"{free}.md") is None:
                return free
        raise Unsafe(f"there are {_MOST_OF_ONE_NAME} files called {stem} already")

    def _published(self, stem: str) -> Published:
        path = (self.root / f"{stem}.md").resolve()
        return Published(url=self.url.replace("{stem}", stem) or str(path), ref=stem)

    async def _done(self, work: Callable[[], T]) -> Outcome[T]:
        """Do it beside the event loop; whatever the disk says becomes a refusal with its cure."""
        try:
            return Done(value=await asyncio.to_thread(work))
        except Unsafe as unsafe:
            cure = f"{unsafe} in {self.root}: opsbot leaves it alone. Rename it or move it away."
            return Refused(error="unsafe", cure=cure)
        except UnicodeDecodeError:
            cure = f"A postmortem in {self.root} is no longer UTF-8 text: save it as UTF-8."
            return Refused(error="not_text", cure=cure, retry_after=_AGAIN)
        except OSError as error:
            said = error.strerror or type(error).__name__
            cure = f"{self.root} cannot be used ({said}): mend it; opsbot tries again by itself."
            return Refused(error=said, cure=cure, retry_after=_AGAIN)


def _safe(name: str) -> str:
    """A name that is one plain step. Raises Unsafe."""
    if not _PLAIN.fullmatch(name):
        raise Unsafe("a document's name is no plain file name")
    return name


def _hash(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()
