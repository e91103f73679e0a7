"""FakePublisher: documents in memory, for flows. It passes the same contract suite as real ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from opsbot.core.document import Document
from opsbot.ports import Done, Outcome, Published, Refused, Unsure

_AT_ONCE = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Placed:
    """A document as it stands; `text` is the Markdown with what people made of it."""

    document: Document
    text: str
    versions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    outcome: Refused | Unsure
    done_first: bool


class FakePublisher:
    """The Publisher port in memory. `fail` and `lose` decide what happens to the next calls of
    `find`, `read` or `publish`; `calls` lists every one of them."""

    def __init__(self, name: str = "shelf", *, takes_private: bool = False) -> None:
        self._name = name
        self.takes_private = takes_private
        self.placed: dict[str, Placed] = {}  # by reference
        self.calls: list[str] = []
        self._failures: dict[str, list[_Failure]] = {}
        self._read: dict[str, str | None] = {}

    @property
    def name(self) -> str:
        return self._name

    def fail(self, call: str, outcome: Refused | Unsure, *, times: int = 1) -> None:
        """The next calls do nothing and answer this."""
        failure = _Failure(outcome=outcome, done_first=False)
        self._failures.setdefault(call, []).extend([failure] * times)

    def lose(self, call: str = "publish") -> None:
        """The next call is done, and its answer lost."""
        failure = _Failure(outcome=Unsure(reason=f"{call}: answer lost"), done_first=True)
        self._failures.setdefault(call, []).append(failure)

    def heal(self) -> None:
        """What was to fail from now on does not."""
        self._failures.clear()

    @property
    def only(self) -> Placed:
        """The one document there is."""
        (placed,) = self.placed.values()
        return placed

    async def find(self, document: Document) -> Outcome[Published | None]:
        if (failure := self._next("find")) is not None:
            return failure.outcome
        for ref, placed in self.placed.items():
            if placed.document.incident_id == document.incident_id:
                return Done(value=_published(ref))
        return Done(value=None)

    async def read(self, held: Published) -> Outcome[str | None]:
        if (failure := self._next("read")) is not None:
            return failure.outcome
        placed = self.placed.get(held.ref)
        self._read[held.ref] = placed.text if placed else None
        return Done(value=placed.text if placed else None)

    async def publish(self, document: Document, held: Published | None) -> Outcome[Published]:
        if document.private and not self.takes_private:
            return Refused(error="private", cure="This shelf stands in the hall.")
        failure = self._next("publish")
        if failure is not None and not failure.done_first:
            return failure.outcome
        ref = held.ref if held else self._free(document)
        placed = self.placed.get(ref)
        known = self._read.pop(ref, placed.text if placed else None)
        if known != (placed.text if placed else None):
            return Refused(error="changed", cure="Read it again.", retry_after=_AT_ONCE)
        if placed is None:
            self.placed[ref] = Placed(document=document, text=document.markdown)
        elif placed.text != document.markdown or placed.document != document:
            self.placed[ref] = Placed(
                document=document, text=document.markdown, versions=placed.versions + 1
            )
        return failure.outcome if failure else Done(value=_published(ref))

    def _free(self, document: Document) -> str:
        """The incident's own place, or one that nobody has."""
        held = {ref: placed.document.incident_id for ref, placed in self.placed.items()}
        names = (document.stem, *(f"{document.stem}-{n}" for n in range(2, 50)))
        return next(name for name in names if held.get(name) in (None, document.incident_id))

    def _next(self, call: str) -> _Failure | None:
        self.calls.append(call)
        waiting = self._failures.get(call)
        return waiting.pop(0) if waiting else None


def _published(ref: str) -> Published:
    return Published(url=f"https://shelf.example.com/{ref}", ref=ref)
