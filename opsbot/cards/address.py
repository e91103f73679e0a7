"""Addresses that may be linked: http and https, one clear host, nothing that ends a Slack token."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from opsbot.cards import limits

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_KEPT = "%/:?#[]@!$&'()*+,;=~"
_MARKS = str.maketrans({"*": "%2A", "_": "%5F", "~": "%7E"})


def safe_url(url: str) -> str:
    """Return `url` fit for a link, or "" when it should be shown as text instead.

    Bars, angle brackets, blanks and everything outside ASCII are percent-encoded; a host outside
    ASCII is shown as punycode. A user name ahead of the host is refused, because it looks like
    a host itself.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError:  # UnicodeError included: no such host name
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    place = f"[{host}]" if ":" in host else host
    tail = f"{parts.path}{_with('?', parts.query)}{_with('#', parts.fragment)}"
    rest = quote(tail, safe=_KEPT, errors="replace")
    found = f"{parts.scheme}://{place}{'' if port is None else f':{port}'}{rest}"
    return found if len(found) <= limits.URL else ""


def without_marks(url: str) -> str:
    """The same address with no character that mrkdwn could read as formatting."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{slash}{path.translate(_MARKS)}"


def _with(mark: str, part: str) -> str:
    return mark + part if part else ""


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")
