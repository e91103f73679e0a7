"""Reading a request's body with a bound that holds before the body is read."""

from __future__ import annotations

from aiohttp import web


class BodyTooLarge(Exception):
    """The body is over the bound; `said` is the length the sender announced, if any."""


async def read_capped(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises BodyTooLarge at the announced length, or as soon as more arrives."""
    announced = request.content_length
    if announced is not None and announced > limit:
        raise BodyTooLarge
    chunks: list[bytes] = []
    held = 0
    async for chunk in request.content.iter_any():
        held += len(chunk)
        if held > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)
