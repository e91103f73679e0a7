"""Settings evidence backends share: address, deadline, link, tenant and credentials."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from opsbot.integrations import SecretField, Wiring
from opsbot.integrations._backend import Backend, Credentials


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as http://host:port or https://host")
    if parts.username or parts.password:
        raise ValueError("leave user name and password out of the address; use the secrets")
    if parts.query or parts.fragment:
        raise ValueError("give the base address only, without ? and #")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


class SourceSettings(BaseModel):
    """What opsbot.yaml may say about any evidence source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deadline_seconds: float = Field(
        default=8.0, gt=0, le=60, description="How long one look-up may take in all."
    )


class TenantSettings(SourceSettings):
    """Settings of Grafana-family backends: address, deep link, tenant header, basic auth."""

    url: WebAddress = Field(description="Base address of the API, as opsbot reaches it.")
    link_template: str = Field(
        default="",
        description="Deep link for people, e.g. into Grafana; may hold {query}, {service}, "
        "{start_ms}, {end_ms}, {start_s}, {end_s} and {trace_id}, each filled in URL-encoded.",
    )

    tenant: str = Field(
        default="", description="Sent as X-Scope-OrgID; several as a|b where allowed."
    )
    username: str = Field(
        default="", description="User name for basic auth; the password is a secret."
    )


def backend_secrets(name: str, vendor: str) -> tuple[SecretField, ...]:
    """The two secrets such a backend may take; none is required."""
    prefix = name.upper()
    return (
        SecretField(name="token", env=f"{prefix}_TOKEN", why=f"bearer token for {vendor}"),
        SecretField(
            name="password",
            env=f"{prefix}_PASSWORD",
            why=f"basic-auth password for {vendor}, together with `username`",
        ),
    )


def backend_of(vendor: str, settings: TenantSettings, wiring: Wiring) -> Backend:
    """The backend as configured."""
    return Backend(
        vendor=vendor,
        http=wiring.http,
        url=settings.url,
        headers={"X-Scope-OrgID": settings.tenant} if settings.tenant else {},
        credentials=Credentials(
            token=wiring.secret("token"),
            username=settings.username,
            password=wiring.secret("password"),
        ),
    )
