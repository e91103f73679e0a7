"""Who may ask the page anything: this machine's own browser, and to act only the page itself."""

from __future__ import annotations

import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def refuse_other_than_loopback(host: str) -> None:
    """Raise ValueError for an address to listen on that others could reach."""
    if not _is_loopback(host):
        raise ValueError(f"The page listens on loopback only, not on {host!r}: use 127.0.0.1.")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts (DNS rebinding) and acts of other pages; put the policy on answers.

    The browser names the page an act comes from in `Origin`; a request without one is refused too.
    """
    _refuse_foreign_host(request)
    if request.method not in ("GET", "HEAD"):
        _refuse_other_pages(request)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        answer.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


def stream_headers() -> dict[str, str]:
    """Return the headers of an answer that is begun before the guard sees it."""
    return dict(_HEADERS)


def _refuse_foreign_host(request: web.Request) -> None:
    name = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    if not _is_loopback((name or request.host).strip("[]")):
        raise web.HTTPForbidden(text="Open the sandbox by its loopback address.")


def _refuse_other_pages(request: web.Request) -> None:
    if request.headers.get("Origin") != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="Only the sandbox's own page may act here.")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Acts are sent as JSON.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
