"""Puts a document into a pull request: a branch of its own, one commit a file. People edit there
or, once it is merged, in the repository; the next version then has a branch of its own again."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from opsbot.core.document import Document
from opsbot.core.text import cut
from opsbot.documents.markdown import escaped
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations.github.rate_limit import free_again
from opsbot.integrations.github.repository import LONGEST_BODY, Pull, Repository, blob_sha, says
from opsbot.ports import Clock, Done, Outcome, Published, Refused, T, Unsure

_SOON, _LATER = timedelta(seconds=30), timedelta(minutes=5)
_MOST = 50  # pull requests of one incident, and files of one name
_MARK = re.compile(r"<!-- opsbot:incident (\S+) -->")
_CALLS = re.compile(r"@(?=\w)|#(?=\d)|(?<=\b[gG][hH]-)(?=\d)|(?<=/issues/)(?=\d)|(?<=/pull/)(?=\d)")
_REF = re.compile(r"(?P<branch>[^\s#]+)#(?P<number>[0-9]+) (?P<path>\S+) (?P<incident>\S+)")
_HOW_TO_EDIT = (
    "Edit the Markdown here, or in the repository once this is merged: opsbot writes these files "
    "again when the incident's record changes, and keeps what people wrote in the Markdown."
)
_PRIVATE = (
    "The incident is private: write `private: true` below `github: postmortems:` in opsbot.yaml "
    "if only its readers can look into that repository."
)


_CHANGED = Refused(
    error="changed", cure="Somebody changed the file just now: opsbot reads it again.",
    retry_after=timedelta(seconds=1),
)  # fmt: skip


class _Changed(Exception):
    """Somebody changed the file since it was read."""


class _Unusable(Exception):
    """Nothing can be published before a person mends something; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What a `Published.ref` of ours says."""

    branch: str
    number: int
    path: str
    incident: str


@dataclass(slots=True, kw_only=True)
class GitHubPublisher:
    """Pull requests in one repository. `folder` holds the documents, `base` is what they are
    merged into; branches are called `<prefix>inc-42`, `<prefix>inc-42-2` and so on."""

    repository: Repository
    clock: Clock
    folder: str
    prefix: str
    base: str
    takes_private: bool = False
    _read: dict[str, str] = field(default_factory=dict[str, str], init=False)  # sha by path

    @property
    def name(self) -> str:
        return "github"

    async def find(self, document: Document) -> Outcome[Published | None]:
        """The newest pull request that was opened for this incident, whatever became of it."""

        async def look() -> Published | None:
            pull = await self._newest(document.number, document.incident_id)
            if pull is None:
                return None
            path = _named(pull.body) or self._path(f"{document.stem}.md")
            return _published(pull, path, document.incident_id)

        return await self._done(look())

    async def read(self, held: Published) -> Outcome[str | None]:
        """The Markdown on the branch, or on `base` once it was merged there."""

        async def look() -> str | None:
            ours = _held(held)
            pull = await self._newest(_number_of(ours.branch), ours.incident)
            branch = self.base if pull is None or pull.merged else pull.branch
            file = await self.repository.file(branch, ours.path)
            self._read[ours.path] = file.sha if file else ""
            return file.data.decode("utf-8-sig") if file else None

        return await self._done(look())

    async def publish(self, document: Document, held: Published | None) -> Outcome[Published]:
        """Bring branch and pull request up to the document; nothing is committed that stands."""
        if document.private and not self.takes_private:
            return Refused(error="private", cure=_PRIVATE)
        return await self._done(self._publish(document, held))

    async def _publish(self, document: Document, held: Published | None) -> Published:
        pull = await self._newest(document.number, document.incident_id)
        if pull is not None and not pull.open and not pull.merged:
            raise _Unusable(
                f"The pull request was closed without merging it: reopen {pull.url}, then write "
                "the postmortem again."
            )
        path = _held(held).path if held else await self._free_path(document)
        files = self._files(document, path)
        if pull is not None and pull.merged:
            if not await self._unsaid(files, self.base):
                return _published(pull, path, document.incident_id)  # all of it is merged
            self._check_unchanged(path, await self.repository.sha(self.base, path))
        branch = await self._branch(document, pull)
        if pull is not None and pull.open:
            self._check_unchanged(path, await self.repository.sha(branch, path))
        for name, (data, sha) in (await self._unsaid(files, branch)).items():
            await self.repository.put(branch, name, data, _quiet(document.summary[:500]), sha)
        if pull is None or not pull.open:
            body = _description(document, path)
            title = document.summary if document.private else document.title  # it is mailed about
            pull = await self.repository.open_pull(_quiet(title), body, branch, self.base)
        self._read.pop(path, None)
        return _published(pull, path, document.incident_id)

    async def _branch(self, document: Document, pull: Pull | None) -> str:
        """The branch to write to: the open pull request's own, or a new one from `base`."""
        if pull is not None and pull.open:
            return pull.branch
        first = _generation(pull.branch) + 1 if pull else 1
        for generation in range(first, first + _MOST):
            branch = self._named(document.number, generation)
            if not await self.repository.pulls(branch):
                await self.repository.create_branch(branch, await self._base_head())
                return branch
        raise _Unusable(f"There are {_MOST} branches of INC-{document.number} already: tidy up.")

    async def _base_head(self) -> str:
        try:
            return await self.repository.head(self.base)
        except LookUpFailed as failed:
            if failed.status != 404:
                raise
            raise LookUpFailed(
                f"{self.repository.full_name} has no branch {self.base}",
                "correct repository and base below `github: postmortems:` in opsbot.yaml",
                answer=failed.answer,
            ) from None

    async def _newest(self, number: int, incident_id: str) -> Pull | None:
        """The incident's own pull request of the highest generation; a number may repeat when
        another opsbot writes here, too."""
        found: Pull | None = None
        for generation in range(1, _MOST):
            pulls = await self.repository.pulls(self._named(number, generation))
            if not pulls:
                break
            found = next((one for one in pulls if _incident(one.body) == incident_id), found)
        return found

    async def _free_path(self, document: Document) -> str:
        for number in range(1, _MOST):
            tail = f"-{number}" if number > 1 else ""
            path = self._path(f"{document.stem}{tail}.md")
            if not await self.repository.sha(self.base, path):
                return path
        raise _Unusable(f"There are {_MOST} files called {document.stem} already: tidy up.")

    async def _unsaid(
        self, files: Mapping[str, bytes], branch: str
    ) -> Mapping[str, tuple[bytes, str]]:
        """The files that differ from the branch, each with the content's name that stands there."""
        shas = {path: await self.repository.sha(branch, path) for path in files}
        return {p: (data, shas[p]) for p, data in files.items() if shas[p] != blob_sha(data)}

    def _check_unchanged(self, path: str, sha: str) -> None:
        known = self._read.get(path)
        if known is not None and known != sha:
            del self._read[path]
            raise _Changed

    def _files(self, document: Document, path: str) -> Mapping[str, bytes]:
        """Every file by its path, the Markdown last: it names the others."""
        stem = path.removesuffix(".md")
        return {
            **{self._path(name): data for name, data in document.attachments.items()},
            f"{stem}.html": document.html.encode("utf-8", "replace"),
            f"{stem}.json": document.data.encode("utf-8", "replace"),
            path: document.markdown.encode("utf-8", "replace"),
        }

    def _path(self, name: str) -> str:
        return f"{self.folder.strip('/')}/{name}".lstrip("/")

    def _named(self, number: int, generation: int) -> str:
        return f"{self.prefix}inc-{number}{f'-{generation}' if generation > 1 else ''}"

    async def _done(self, work: Awaitable[T]) -> Outcome[T]:
        try:
            return Done(value=await work)
        except _Changed:
            return _CHANGED
        except UnicodeDecodeError:
            cure = f"A postmortem in {self.repository.full_name} is no UTF-8 text: save it as such."
            return Refused(error="not_text", cure=cure, retry_after=_LATER)
        except _Unusable as unusable:
            return Refused(error="unusable", cure=str(unusable))
        except LookUpFailed as failed:
            return self._refusal(failed)

    def _refusal(self, failed: LookUpFailed) -> Refused | Unsure:
        """Nothing here is done twice by trying again: branch, files and pull request are looked
        at first."""
        if failed.status == 409 or says(failed, "sha"):
            return _CHANGED
        now = self.clock.now()
        if (free := free_again(failed, now)) is not None:
            return Refused(error=failed.error, cure="GitHub's rate limit ends by itself.",
                           retry_after=free - now)  # fmt: skip
        if not failed.sent:
            return Refused(error=failed.error, cure=failed.reason, retry_after=_SOON)
        if failed.status < 300 or failed.status >= 500:  # no answer, or none that can be read
            return Unsure(reason=failed.reason)
        later = _LATER if failed.status == 401 else None  # a token can be replaced at any time
        cure = failed.cure or "read what it says"
        if failed.status == 403:
            cure = "the token has to write contents and pull requests"
        name = self.repository.full_name
        return Refused(error=failed.error, cure=f"{failed.error}; {cure} ({name})",
                       retry_after=later)  # fmt: skip


def _published(pull: Pull, path: str, incident_id: str) -> Published:
    ref = f"{pull.branch}#{pull.number} {path} {incident_id}"
    return Published(url=pull.url, ref=ref)


def _held(held: Published) -> _Held:
    found = _REF.fullmatch(held.ref)
    if found is None:
        raise _Unusable("The record names the pull request in a form that opsbot cannot read.")
    return _Held(
        branch=found["branch"], number=int(found["number"]), path=found["path"],
        incident=found["incident"],
    )  # fmt: skip


def _number_of(branch: str) -> int:
    found = re.search(r"inc-([0-9]+)(?:-[0-9]+)?$", branch)
    return int(found[1]) if found else 0


def _generation(branch: str) -> int:
    found = re.search(r"inc-[0-9]+-([0-9]+)$", branch)
    return int(found[1]) if found else 1


def _description(document: Document, path: str) -> str:
    """The pull request's text: short, and with the marks by which it is found again."""
    marks = f"<!-- opsbot:incident {document.incident_id} -->\n<!-- opsbot:file {path} -->"
    said = f"{escaped(document.summary)}\n\n`{path}`\n\n{_HOW_TO_EDIT}"
    return f"{cut(said, LONGEST_BODY - len(marks) - 2)}\n\n{marks}"


def _quiet(words: str) -> str:
    """Foreign words for a commit or a title, which call nobody and close no issue on merging
    (GitHub Docs, "Linking a pull request to an issue")."""
    return _CALLS.sub("\\g<0>\u200b", words)


def _incident(body: str) -> str:
    """The incident that a pull request of ours was opened for; empty for other people's."""
    found = _MARK.search(body)
    return found[1] if found else ""


def _named(body: str) -> str:
    found = re.search(r"<!-- opsbot:file (\S+\.md) -->", body)
    return found[1] if found else ""
