"""Reading a request's body with a bound that holds before the body is read."""

from __future__ import annotations

import asyncio

from aiohttp import web


class BodyTooLarge(Exception):
    """The body is over the bound; `said` is the length the sender announced, if any."""


async def read_capped(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises BodyTooLarge at the announced length, or as soon as more arrives."""
    announced = request.content_length
    if announced is not None and announced > limit:
        raise BodyTooLarge
    if announced is not None:
        return await _exactly(request, announced)
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
