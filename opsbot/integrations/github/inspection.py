"""Whether pull requests with postmortems could be opened, as far as GitHub tells beforehand: it is
only asked, so that the last proof is the first pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, text
from opsbot.integrations.github.repository import Repository
from opsbot.ports import Inspection, Trouble

_RIGHTS = "Let the token write contents and pull requests of that repository (docs/publishing.md)"
_NAMES = "Correct repository and base below `github: postmortems:` in opsbot.yaml"


async def inspect(repository: Repository, base: str, *, takes_private: bool) -> Inspection:
    """The repository, what the token may do there, and the branch `base`."""
    name = repository.full_name
    try:
        about = await repository.about()
    except LookUpFailed as failed:
        fix = failed.cure or "See whether GitHub is reachable from here"
        if failed.status == 404:
            fix = "Correct its name, and let the token see it"
        trouble = Trouble(said=f"{name}: {failed.error}", fix=fix[:1].upper() + fix[1:])
        return Inspection(well="", troubles=(trouble,))
    troubles = list(_rights(name, about))
    if takes_private and about.get("private") is False:
        said = f"{name} is public, and postmortems of private incidents may go there"
        troubles.append(Trouble(said=said, fix="Remove `private: true`, or make it private"))
    troubles += await _base(repository, base, text(about.get("default_branch")))
    well = f"the token may push to {name}, and pull requests go to its branch {base}"
    return Inspection(well=well, troubles=tuple(troubles))


def _rights(name: str, about: Mapping[str, Any]) -> Iterator[Trouble]:
    """GitHub page "Get a repository": `permissions` are those of the token's own account."""
    if about.get("archived") is True:
        said = f"{name} is archived: nothing can be written there"
        yield Trouble(said=said, fix="Unarchive it, or name another repository")
    permissions = mapping(about.get("permissions"))
    if not permissions:
        said = f"GitHub does not say whether we may write to {name}"
        yield Trouble(said=said, fix="Set GITHUB_TOKEN to a token that may", hinders=False)
    elif permissions.get("push") is not True:
        yield Trouble(said=f"the token may read {name} and not push to it", fix=_RIGHTS)


async def _base(repository: Repository, base: str, default: str) -> tuple[Trouble, ...]:
    """Whether the branch is there that pull requests are to be merged into."""
    name = repository.full_name
    try:
        await repository.head(base)
    except LookUpFailed as failed:
        if failed.status != 404:
            return (Trouble(said=f"{name}, branch {base}: {failed.error}", fix=_NAMES),)
        other = f"; its default branch is {inert(default, 80)}" if default not in ("", base) else ""
        return (Trouble(said=f"{name} has no branch {base}{other}", fix=_NAMES),)
    return ()
