"""Why a call got no usable answer, in words for a responder; never with headers or a query."""

from __future__ import annotations

import aiohttp

# Narrow classes first: aiohttp's errors inherit from one another.
_BROKEN_OFF: dict[type[Exception], str] = {
    aiohttp.ServerDisconnectedError: "closed the connection without an answer",
    aiohttp.ClientPayloadError: "broke off in the middle of its answer",
    aiohttp.ClientOSError: "broke the connection",
    aiohttp.ClientResponseError: "sent something that is not HTTP",
}


def reason_of(error: Exception, host: str) -> str:
    """Say in one line why the call to `host` failed and, where there is one, what to change."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused the way to {host} ({error.status}); check the proxy settings"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"no connection to the proxy for {host} ({_system_word(error)})"
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
        return _no_connection(error, host)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection to {host} (it does not react)"
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return f"the request to {host} cannot be built; check the address and the secret for {host}"
    for kind, words in _BROKEN_OFF.items():
        if isinstance(error, kind):
            return f"{host} {words}"
    return f"the call to {host} failed ({type(error).__name__})"


def _no_connection(
    error: aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError, host: str
) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {host} is not trusted; name its authority in the CA bundle"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"{host} does not speak TLS as expected; check http:// or https:// in its address"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host name of {host} is not found"
    return f"no connection to {host} ({_system_word(error)})"


def _system_word(error: aiohttp.ClientConnectorError) -> str:
    word = error.os_error.strerror or type(error.os_error).__name__
    # asyncio words a refusal as "Connect call failed ('127.0.0.1', 9)": the address is known.
    return "connection refused" if isinstance(error.os_error, ConnectionRefusedError) else word
