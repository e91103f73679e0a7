"""Whom we trust over TLS: the system's authorities, or the bundle an operator names."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path


def trust(ca_bundle: str | Path | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Make the TLS context of all outgoing calls.

    `ca_bundle` (a PEM file) wins over SSL_CERT_FILE, as in OpenSSL both replace the system's
    authorities. Raises ValueError, saying which file, when the bundle cannot be used.
    """
    path = str(ca_bundle or "") or environ.get("SSL_CERT_FILE", "")
    if not path:
        return ssl.create_default_context()
    if not Path(path).is_file():
        raise ValueError(f"the CA bundle {path} does not exist; name a PEM file")
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ValueError(f"the CA bundle {path} holds no usable certificate: {error}") from error
