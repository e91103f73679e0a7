"""`executors: kubernetes:` in opsbot.yaml: which cluster, which namespaces, and how far."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from opsbot.ports import Secret, SecretUnavailable

IN_CLUSTER = "https://kubernetes.default.svc"
# Projected into every pod with a service account; replaced about every hour
# (https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken).
TOKEN_PATH = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _api_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as https://host:6443")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("give the base address only, without user name, ? and #")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("use https://: the token would travel in the open")
    return url.rstrip("/")


def _namespace(name: str) -> str:
    if not _LABEL.fullmatch(name):
        raise ValueError(
            f"{name!r} is no namespace: lower-case letters, digits and hyphens, "
            "at most 63 characters"
        )
    return name


class Settings(BaseModel):
    """Where the executor acts, and its caps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        default=IN_CLUSTER, description="Address of the API server; in a cluster, leave it out."
    )
    cluster: str = Field(
        default="",
        max_length=80,
        description="The cluster's name as people know it, for previews (default: the host).",
    )
    namespaces: tuple[Annotated[str, AfterValidator(_namespace)], ...] = Field(
        min_length=1, description="Namespaces in which runbooks may act; no other is touched."
    )
    min_replicas: int = Field(
        default=1, ge=0, le=10_000, description="The fewest pods that `scale` may ask for."
    )
    max_replicas: int = Field(
        default=20, ge=1, le=10_000, description="The most pods that `scale` may ask for."
    )
    max_step: int = Field(
        default=10, ge=1, le=10_000, description="The most pods that one `scale` adds or removes."
    )
    request_seconds: float = Field(
        default=5.0, gt=0, le=60, description="How long one answer of the API server may take."
    )
    poll_seconds: float = Field(
        default=1.0, gt=0, le=60, description="How often a rollout is looked at."
    )

    @model_validator(mode="after")
    def _bounds(self) -> Settings:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is above max_replicas; swap them")
        return self

    @property
    def place(self) -> str:
        """The cluster in words."""
        return f"cluster {self.cluster or urlsplit(self.api_url).hostname}"


def service_account_token() -> str:
    """The token of the pod opsbot runs in, read anew each time: it rotates.

    Raises SecretUnavailable outside a cluster.
    """
    try:
        token = TOKEN_PATH.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SecretUnavailable(f"{TOKEN_PATH}: {why}") from None
    if not token:
        raise SecretUnavailable(f"{TOKEN_PATH} is empty")
    return token


def token_of(secret: Secret | None) -> str:
    """The configured token, or else the pod's own; raises SecretUnavailable."""
    return secret.read() if secret else service_account_token()
