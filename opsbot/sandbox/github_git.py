"""One repository of the sandbox GitHub as git keeps it: branches, files and pull requests; and what
people do there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from opsbot.sandbox.clock import Clock


class NotThere(LookupError):
    """A branch, file or pull request that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit with every file it holds."""

    sha: str
    message: str
    author: str
    at: datetime
    parent: str
    files: Mapping[str, bytes]


@dataclass(slots=True, kw_only=True)
class Pull:
    """One pull request; `closed_at` with or without `merged_at`."""

    number: int
    title: str
    body: str
    head: str
    base: str
    author: str
    created_at: datetime
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merge_sha: str = ""

    @property
    def state(self) -> str:
        return "closed" if self.closed_at else "open"


def blob_sha(data: bytes) -> str:
    """The name git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class GitRepository:
    """`main` holds a README; numbers of pull requests begin with 1."""

    full_name: str
    clock: Clock
    branches: dict[str, Commit] = field(default_factory=dict[str, Commit])
    commits: dict[str, Commit] = field(default_factory=dict[str, Commit])
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    pulls: list[Pull] = field(default_factory=list[Pull])
    archived: bool = False
    private: bool = True
    may_push: bool = True  # the account that the sandbox's tokens belong to

    def __post_init__(self) -> None:
        readme = f"# {self.full_name}\n".encode()
        self._commit("main", {"README.md": readme}, "Begin", "sandbox", parent="")

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    def branch(self, name: str) -> Commit:
        """The newest commit of a branch. Raises NotThere."""
        if name not in self.branches:
            raise NotThere(name)
        return self.branches[name]

    def create_branch(self, name: str, sha: str) -> Commit:
        """Begin a branch at a commit. Raises NotThere for an unknown commit."""
        if sha not in self.commits:
            raise NotThere(sha)
        self.branches[name] = self.commits[sha]
        return self.branches[name]

    def put(self, branch: str, path: str, data: bytes, message: str, author: str) -> Commit:
        """Commit one file to a branch. Raises NotThere."""
        before = self.branch(branch)
        files = {**before.files, path: data}
        return self._commit(branch, files, message, author, parent=before.sha)

    def pull(self, number: int) -> Pull:
        """The pull request of a number. Raises NotThere."""
        found = next((pull for pull in self.pulls if pull.number == number), None)
        if found is None:
            raise NotThere(str(number))
        return found

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: str) -> Pull:
        """Ask for a branch to be merged."""
        pull = Pull(
            number=len(self.pulls) + 1, title=title, body=body, head=head, base=base,
            author=author, created_at=self.clock.now(),
        )  # fmt: skip
        self.pulls.append(pull)
        return pull

    # --- what people do -----------------------------------------------------------------------

    def file(self, branch: str, path: str) -> str:
        """A file's text as people read it. Raises NotThere."""
        files = self.branch(branch).files
        if path not in files:
            raise NotThere(path)
        return files[path].decode()

    def edit(self, branch: str, path: str, text: str, by: str = "kim-example") -> None:
        """Somebody commits another text."""
        self.put(branch, path, text.encode(), f"Update {path}", by)

    def remove(self, branch: str, path: str, by: str = "kim-example") -> None:
        """Somebody takes a file away."""
        before = self.branch(branch)
        files = {name: data for name, data in before.files.items() if name != path}
        self._commit(branch, files, f"Delete {path}", by, parent=before.sha)

    def merge(self, number: int, by: str = "kim-example", *, delete_branch: bool = False) -> None:
        """Somebody merges a pull request, and perhaps deletes its branch."""
        pull = self.pull(number)
        files = {**self.branch(pull.base).files, **self.branch(pull.head).files}
        message = f"Merge pull request #{number} from {self.owner}/{pull.head}"
        parent = self.branch(pull.base).sha
        merged = self._commit(pull.base, files, message, by, parent=parent)
        pull.closed_at = pull.merged_at = self.clock.now()
        pull.merge_sha = merged.sha
        if delete_branch:
            del self.branches[pull.head]

    def close(self, number: int) -> None:
        """Somebody closes a pull request without merging it."""
        self.pull(number).closed_at = self.clock.now()

    def _commit(
        self, branch: str, files: Mapping[str, bytes], message: str, author: str, *, parent: str
    ) -> Commit:
        commit = Commit(
            sha="", message=message, author=author, at=self.clock.now(), parent=parent, files=files
        )
        named = [self.full_name, branch, parent, message, author, str(len(self.commits))]
        named += [f"{path} {blob_sha(data)}" for path, data in sorted(files.items())]
        sha = hashlib.sha1("\n".join(named).encode(), usedforsecurity=False).hexdigest()
        commit = replace(commit, sha=sha)
        self.commits[sha] = self.branches[branch] = commit
        self.blobs |= {blob_sha(data): data for data in files.values()}
        return commit
