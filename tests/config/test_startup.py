"""Reading the settings is on the way to `serve` being ready, so importing them stays cheap."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "aiohttp",
    "alembic",
    "dbos",
    "jinja2",
    "jsonschema",
    "psycopg",
    "slack_bolt",
    "sqlalchemy",
)


def test_importing_the_settings_pulls_in_no_client_and_no_vendor() -> None:
    """Vendors load when they are configured, and clients when something is built from settings."""
    code = "import sys, opsbot.config; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ran.stdout.split()
    assert "opsbot.config.loading" in loaded
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)
    assert [name for name in loaded if name.startswith("opsbot.integrations.")] == []
