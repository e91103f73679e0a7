"""What the demo's company does faster than yours: nobody watching waits minutes for an average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbot.integrations.prometheus.queries import Queries

SCRAPED_EVERY = 5  # seconds; a metric that is looked at more often shows sooner that it fell
WRITTEN_AFTER = "2s"  # from the end of the incident to its postmortem

HURRIED: Mapping[str, Any] = {
    "integrations": {
        "prometheus": {
            "queries": {
                "error_share": Queries().error_share.replace("[2m]", f"[{2 * SCRAPED_EVERY}s]")
            }
        }
    },
    "postmortem": {"delay": WRITTEN_AFTER},
}
"""Settings for where metrics are scraped every SCRAPED_EVERY seconds; a rate needs two samples."""
