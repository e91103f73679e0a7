"""Ways of acting, what tells whether it helped, and places to publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from opsbot.core.document import Document
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.picture import Picture
from opsbot.core.runbook import Scalar
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.ports.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a call would do, asked without doing it: one line that says exactly what runs where,
    and what people should know before. `refused` says why it cannot run at all.

    `binding` holds what the call's meaning depends on and may change meanwhile, such as the
    revision that "the one before" is now: it is part of what is approved.
    """

    shown: str
    warnings: tuple[str, ...] = ()
    refused: str = ""
    binding: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """In whose name and under which identity a call is made; bounds it has to keep."""

    run_id: str
    step: str  # unique within the run: "steps:0", "rollback:1"
    actor_id: str
    actor_name: str
    timeout_s: float
    output_limit: int  # bytes of output that are kept; more is dropped and said so

    @property
    def takes_back(self) -> bool:
        """Whether the step is one of the rollback."""
        return self.step.startswith("rollback:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """It was done. `values` can be registered for later steps."""

    output: str = ""
    said: str = ""
    values: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It was tried and did not work, or was refused; `said` is a sentence for a responder.

    `acted` says that it changed something before it failed, so that there is something to take
    back. Where nobody can know that, the outcome is Unclear.
    """

    said: str
    output: str = ""
    cut: bool = False
    acted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """It may have happened: no answer came in time. Nobody tries again by themselves."""

    said: str
    output: str = ""
    cut: bool = False


CallOutcome = Succeeded | Failed | Unclear


class Executor(Protocol):
    """One way of acting. Nothing here raises; foreign output is whatever came, bounded.

    `check` says why a call as written in a runbook could never run (look-ups still in it); empty
    when it could. `plan` asks, and changes nothing. `act` does it, once; `tell` is called with
    each line of output as it comes. `destructive` is False for what only reads.
    """

    @property
    def name(self) -> str: ...
    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]: ...
    async def plan(self, call: Mapping[str, Any]) -> Plan: ...
    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome: ...  # fmt: skip


class Gauge(Protocol):
    """One number of a metric, now; None when there is no such datum, which is not zero."""

    @property
    def name(self) -> str: ...
    async def read(self, check: RenderedCheck) -> Outcome[float | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A document made from a record, with the template it was made by, and how many problems its
    lint found."""

    document: Document
    template: str
    template_version: str
    problems: int = 0


class Drafter(Protocol):
    """Writes the postmortem of a record. The same record gives the same document; both may take
    a while for a long one, and ask nobody.

    `blobs` are what pictures were drawn from, by their hash; `pictures` says what to draw, by
    slot, and `drawn` holds the images that came of it. `head` is the hash of the record's chain at
    the last of the entries (`Record.head`), to be printed.
    """

    def pictures(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes]
    ) -> Mapping[str, Picture]: ...
    def write(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes],
        drawn: Mapping[str, bytes], head: str = "",
    ) -> Drafted: ...  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a document stands; `ref` is the publisher's own handle of it."""

    url: str
    ref: str


class Publisher(Protocol):
    """A place for postmortems. Publishing the same document again is one document.

    `takes_private` says that only those who may know of a private incident see what stands there.
    `find` looks for what an earlier try left there, whose answer never came; None when there is
    nothing. `read` gives the Markdown as it stands there now, with what people wrote; None when it
    is gone. `publish` puts the document there, over the one that `held` names; it refuses, for a
    moment, when somebody changed that one since it was read.
    """

    @property
    def name(self) -> str: ...
    @property
    def takes_private(self) -> bool: ...
    async def find(self, document: Document) -> Outcome[Published | None]: ...
    async def read(self, held: Published) -> Outcome[str | None]: ...
    async def publish(self, document: Document, held: Published | None) -> Outcome[Published]: ...
