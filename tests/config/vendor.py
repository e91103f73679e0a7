"""Two made-up vendors, and the shortest way to load a text with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from opsbot.config import Settings, parse
from opsbot.core.event import AlertEvent
from opsbot.integrations import Integration, SecretField, Webhook

FILE = Path("opsbot.yaml")


class AcmeSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="Where Acme answers.")
    depth: int = Field(default=3, ge=1, description="How deep to look.")


class BeaconSettings(BaseModel):
    """Forgets to forbid unknown keys, as a vendor's class may."""

    region: str = "us"


def parse_nothing(body: bytes) -> AlertEvent:
    raise ValueError("no alert in here")


ACME = Integration(
    name="acme",
    settings=AcmeSettings,
    secrets=(SecretField(name="token", env="ACME_TOKEN", why="reads metrics"),),
    sources=lambda settings, wiring: (),
)
BEACON = Integration(
    name="beacon",
    settings=BeaconSettings,
    secrets=(
        SecretField(
            name="webhook_secret",
            env="BEACON_WEBHOOK_SECRET",
            why="proves that a delivery is Beacon's",
            required=True,
            many=True,
        ),
    ),
    webhook=Webhook(
        verify=lambda body, headers, secrets: None,
        key=lambda body, headers: "",
        parse=parse_nothing,
        check=lambda body: None,
    ),
)
VENDORS: Mapping[str, Integration] = {"acme": ACME, "beacon": BEACON}


def settings_of(text: str, environ: Mapping[str, str] | None = None, path: Path = FILE) -> Settings:
    """The settings in `text`, read with the two vendors above."""
    return parse(text, path, environ or {}, VENDORS.get, tuple(VENDORS))


def read_yaml(path: Path) -> Any:
    """A YAML file by the library's own reader, for comparison."""
    import yaml

    return yaml.safe_load(path.read_text("utf-8"))
