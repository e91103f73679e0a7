"""What the page sends when somebody acts, read strictly: a missing or odd field is a 400."""

from __future__ import annotations

import json
from datetime import datetime

from aiohttp import web

from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.people import Typed


class ActBody:
    """The JSON object of one act, of a known person."""

    def __init__(self, viewer: Viewer, body: Json) -> None:
        self.viewer, self._body = viewer, body

    @classmethod
    async def read(cls, request: web.Request, viewer: Viewer) -> ActBody:
        """Read a request's body; raises HTTPBadRequest unless it is a JSON object."""
        try:
            body = as_object(json.loads(await request.read()))
        except ValueError:
            body = None
        if body is None:
            raise web.HTTPBadRequest(text="An act is a JSON object.")
        return cls(viewer, body)

    def text(self, name: str) -> str:
        """Return a field that must be there; raises HTTPBadRequest."""
        found = self._body.get(name)
        if not isinstance(found, str) or not found:
            raise web.HTTPBadRequest(text=f"The act needs {name!r}.")
        return found

    def maybe(self, name: str) -> str:
        """Return a field, empty when it is missing."""
        found = self._body.get(name)
        return found if isinstance(found, str) else ""

    def flag(self, name: str) -> bool:
        """Return whether a box is ticked."""
        return self.maybe(name) == "yes"

    def chosen(self, name: str, kind: str = "") -> Typed:
        """Return what was typed or chosen: a text, several, or None for nothing."""
        return self._typed(self._body.get(name), kind)

    def values(self) -> dict[str, dict[str, Typed]]:
        """Return what a form holds: rows of block id, action id, kind and value."""
        held: dict[str, dict[str, Typed]] = {}
        for row in as_list(self._body.get("values")) or []:
            cells = as_list(row) or []
            if len(cells) != 4 or not all(isinstance(cell, str) for cell in cells[:3]):
                raise web.HTTPBadRequest(text="A value is block id, action id, kind and value.")
            held.setdefault(str(cells[0]), {})[str(cells[1])] = self._typed(cells[3], str(cells[2]))
        return held

    def _typed(self, found: object, kind: str) -> Typed:
        several = as_list(found)
        if several is not None:
            return [str(one) for one in several]
        if not isinstance(found, str) or not found:
            return None
        return self._seconds(found) if kind == "datetimepicker" else found

    def _seconds(self, local: str) -> str:
        """Return Unix seconds of what stands in a date and time input, in the person's zone."""
        try:
            moment = datetime.fromisoformat(local).replace(tzinfo=self.viewer.zone)
        except ValueError:
            raise web.HTTPBadRequest(text="That is no date and time.") from None
        return str(int(moment.timestamp()))
