"""apps.connections.open: a websocket address for Socket Mode, for the app-level token only."""

from __future__ import annotations

from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.model import Json


def open_connection(call: ApiCall) -> Json:
    """Return an address that works once."""
    return {"url": call.sockets.new_url()}


HANDLERS: dict[str, Handler] = {"apps.connections.open": open_connection}
