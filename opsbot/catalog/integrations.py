"""The integrations: every file in `opsbot/integrations/` that declares `INTEGRATION`."""

from __future__ import annotations

from opsbot.catalog.declared import Declared
from opsbot.config import IntegrationUnusable
from opsbot.integrations import Integration


def integration_catalog(package: str = "opsbot.integrations") -> Declared[Integration]:
    """The integrations inside one package; broken ones raise IntegrationUnusable."""
    return Declared(
        package=package, attribute="INTEGRATION", kind=Integration, unusable=IntegrationUnusable
    )
