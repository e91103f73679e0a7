"""The Http port on aiohttp: one session for the process, with proxy, CA bundle and size cap."""

from opsbot.http_client.client import AiohttpClient
from opsbot.http_client.proxy import proxy_for

__all__ = ["AiohttpClient", "proxy_for"]
