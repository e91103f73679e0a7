"""What a way of acting, or a place for documents, comes to when it is looked at beforehand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, and what to do about it, as sentences. `hinders` says that nothing
    can be done like this; otherwise it works with less."""

    said: str
    fix: str
    hinders: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A look that changes nothing: `well` says what was found where there is no trouble."""

    well: str
    troubles: tuple[Trouble, ...] = ()
