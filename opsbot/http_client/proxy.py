"""Which proxy a URL goes through, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

We decide it ourselves because aiohttp's own look-up ignores networks in NO_PROXY, and because
nothing on this machine may ever be sent through a proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy URL for `url`, or None when the call goes out directly.

    Lower-case variables win over upper-case ones, as with curl. NO_PROXY takes `*`, host names
    (`example.com` and `.example.com` both cover subdomains), addresses, networks
    (`10.0.0.0/8`), each with an optional `:port`. Loopback is always direct. Raises ValueError
    when the proxy that would be used is not an http(s) one.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if not host or _is_loopback(host):
        return None
    proxy = _setting(environ, f"{parts.scheme}_proxy") or _setting(environ, "all_proxy")
    if not proxy:
        return None
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    if _is_excepted(host, port, _setting(environ, "no_proxy")):
        return None
    return _checked(proxy)


def _setting(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _checked(proxy: str) -> str:
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    parts = urlsplit(proxy)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(
            "the proxy setting is no http:// or https:// address; SOCKS proxies are not supported"
        )
    return proxy


def _address(host: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _is_excepted(host: str, port: int, no_proxy: str) -> bool:
    return any(_matches(entry.strip(), host, port) for entry in no_proxy.split(","))


def _matches(entry: str, host: str, port: int) -> bool:
    if not entry or entry == "*":
        return entry == "*"
    name, wanted_port = _split_port(entry.lower())
    if wanted_port and wanted_port != str(port):
        return False
    address = _address(host)
    if address is not None:
        return _covers(name, address)
    name = name.lstrip("*").lstrip(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, port = entry[1:].partition("]")
        return name, port.lstrip(":")
    name, colon, port = entry.rpartition(":")
    if colon and ":" not in name and port.isdigit():
        return name, port
    return entry, ""


def _covers(name: str, address: _Address) -> bool:
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return network.version == address.version and address in network
