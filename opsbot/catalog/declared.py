"""Finds what the files of one package declare: being there is registering.

Names come from the file system; a file is imported only when somebody asks for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """What a file declares; its name is the file's."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Generic[T]):
    """The declarations inside one package: `ATTRIBUTE = Kind(...)` in every file of it.

    `unusable` makes the exception for a broken file, of its problem and its fix.
    """

    package: str
    attribute: str
    kind: type[T]
    unusable: Callable[[str, str], Exception]

    def names(self) -> tuple[str, ...]:
        """Every declaration's name, sorted, without importing any of them."""
        spec = importlib.util.find_spec(self.package)
        places = spec.submodule_search_locations if spec is not None else None
        found = pkgutil.iter_modules(list(places or ()))
        return tuple(sorted(info.name for info in found if not info.name.startswith("_")))

    def find(self, name: str) -> T | None:
        """The declaration of this name; None when there is no such file.

        Raises what `unusable` makes when its file is broken or declares another name.
        """
        if name not in self.names():
            return None
        place = f"{self.package}.{name}"
        try:
            module = importlib.import_module(place)
        except Exception as error:
            problem = f"{place} cannot be imported ({type(error).__name__}: {error})"
            raise self.unusable(problem, "Mend that file, or remove this section") from error
        found = getattr(module, self.attribute, None)
        if not isinstance(found, self.kind):
            needed = f"{self.attribute} = {self.kind.__name__}(...)"
            fix = f"Declare {needed} there, or start its name with _"
            raise self.unusable(f"{place} declares no {self.attribute}", fix)
        if found.name != name:
            what = self.attribute.lower()
            fix = f"Rename the file to {found.name}.py, or the {what} to '{name}'"
            raise self.unusable(f"{place} calls itself '{found.name}'", fix)
        return found

    def all(self) -> tuple[T, ...]:
        """Every usable declaration, imported; for documents and schemas.

        Raises what `unusable` makes for the first broken one.
        """
        return tuple(found for name in self.names() if (found := self.find(name)) is not None)
