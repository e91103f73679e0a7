"""The names that `offered: arguments:` may look up besides the incident's."""

from __future__ import annotations

SERVICE, VERSION = "offered.service", "offered.version"
OFFERED = (SERVICE, VERSION)
"""The service that the offer is about, and the version whose deploy made it fit."""
