"""A sender that never ends its request."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


async def half_a_request(url: str) -> bytes:
    """Send headers and half a body, and return the head of the answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 10\r\n\r\n"
        writer.write(head.encode() + b"12345")
        async with asyncio.timeout(5):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()
