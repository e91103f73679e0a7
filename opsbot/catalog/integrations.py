"""Finds integrations: a file in `opsbot/integrations/` that declares `INTEGRATION` is one.

Names come from the file system; a vendor's file is imported only when somebody asks for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass

from opsbot.config import IntegrationUnusable
from opsbot.integrations import Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationCatalog:
    """The integrations inside one package."""

    package: str = "opsbot.integrations"

    def names(self) -> tuple[str, ...]:
        """Every integration's name, sorted, without importing any of them."""
        spec = importlib.util.find_spec(self.package)
        places = spec.submodule_search_locations if spec is not None else None
        found = pkgutil.iter_modules(list(places or ()))
        return tuple(sorted(info.name for info in found if not info.name.startswith("_")))

    def find(self, name: str) -> Integration | None:
        """The integration of this name; None when there is no such file.

        Raises IntegrationUnusable when its file is broken or declares another name.
        """
        if name not in self.names():
            return None
        place = f"{self.package}.{name}"
        try:
            module = importlib.import_module(place)
        except Exception as error:
            problem = f"{place} cannot be imported ({type(error).__name__}: {error})"
            raise IntegrationUnusable(problem, "Mend that file, or remove this section") from error
        found = getattr(module, "INTEGRATION", None)
        if not isinstance(found, Integration):
            fix = "Declare INTEGRATION = Integration(...) there, or start its name with _"
            raise IntegrationUnusable(f"{place} declares no INTEGRATION", fix)
        if found.name != name:
            fix = f"Rename the file to {found.name}.py, or the integration to '{name}'"
            raise IntegrationUnusable(f"{place} calls itself '{found.name}'", fix)
        return found

    def all(self) -> tuple[Integration, ...]:
        """Every usable integration, imported; for documents and schemas.

        Raises IntegrationUnusable for the first broken one.
        """
        return tuple(found for name in self.names() if (found := self.find(name)) is not None)
