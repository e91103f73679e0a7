"""Finds executors: a file in `opsbot/executors/` that declares `EXECUTOR` is one.

Names come from the file system; an executor's file is imported only when somebody asks for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass

from opsbot.config import ExecutorUnusable
from opsbot.executors import ExecutorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorCatalog:
    """The executors inside one package."""

    package: str = "opsbot.executors"

    def names(self) -> tuple[str, ...]:
        """Every executor's name, sorted, without importing any of them."""
        spec = importlib.util.find_spec(self.package)
        places = spec.submodule_search_locations if spec is not None else None
        found = pkgutil.iter_modules(list(places or ()))
        return tuple(sorted(info.name for info in found if not info.name.startswith("_")))

    def find(self, name: str) -> ExecutorKind | None:
        """The executor of this name; None when there is no such file.

        Raises ExecutorUnusable when its file is broken or declares another name.
        """
        if name not in self.names():
            return None
        place = f"{self.package}.{name}"
        try:
            module = importlib.import_module(place)
        except Exception as error:
            problem = f"{place} cannot be imported ({type(error).__name__}: {error})"
            raise ExecutorUnusable(problem, "Mend that file, or remove this section") from error
        found = getattr(module, "EXECUTOR", None)
        if not isinstance(found, ExecutorKind):
            fix = "Declare EXECUTOR = ExecutorKind(...) there, or start its name with _"
            raise ExecutorUnusable(f"{place} declares no EXECUTOR", fix)
        if found.name != name:
            fix = f"Rename the file to {found.name}.py, or the executor to '{name}'"
            raise ExecutorUnusable(f"{place} calls itself '{found.name}'", fix)
        return found

    def all(self) -> tuple[ExecutorKind, ...]:
        """Every usable executor, imported; for documents and schemas.

        Raises ExecutorUnusable for the first broken one.
        """
        return tuple(found for name in self.names() if (found := self.find(name)) is not None)
