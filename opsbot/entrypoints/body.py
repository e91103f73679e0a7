"""Reading a request's body with bounds on size and time that hold before the body is read."""

from __future__ import annotations

import asyncio

from aiohttp import web

WITHIN = 10.0  # seconds from the headers to the body's last byte


class BodyTooLarge(Exception):
    """The body is over the bound; `said` is the length the sender announced, if any."""


class BodyTooSlow(Exception):
    """The sender took too long, and would have kept the connection for as long as it likes."""


async def read_capped(request: web.Request, limit: int, *, within: float = WITHIN) -> bytes:
    """The raw body. Raises BodyTooLarge at the announced length, or as soon as more arrives;
    BodyTooSlow after `within` seconds."""
    announced = request.content_length
    if announced is not None and announced > limit:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(within):
            if announced is not None:
                return await _exactly(request, announced)
            return await _chunked(request, limit)
    except TimeoutError:
        raise BodyTooSlow from None


async def _chunked(request: web.Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    held = 0
    async for chunk in request.content.iter_any():
        held += len(chunk)
        if held > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


async def _exactly(request: web.Request, length: int) -> bytes:
    try:
        return await request.content.readexactly(length)
    except asyncio.IncompleteReadError:
        raise ConnectionResetError("the sender left in the middle of the body") from None
