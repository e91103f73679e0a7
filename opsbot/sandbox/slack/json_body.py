"""The JSON object in the body of a request to /sandbox/."""

from __future__ import annotations

import json

from aiohttp import web

from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.model import Json


async def body_of(request: web.Request) -> Json:
    """Return the body's object, empty when there is no body; answers 400 for anything else."""
    try:
        found = as_object(json.loads(await request.read() or b"{}"))
    except ValueError:
        found = None
    if found is None:
        raise web.HTTPBadRequest(text="The body must be a JSON object.")
    return found
