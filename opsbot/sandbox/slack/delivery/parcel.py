"""What is delivered to the app, what it answers, and the note kept of every attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.model import Json

EnvelopeType = Literal["events_api", "interactive", "slash_commands"]
Transport = Literal["http", "socket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One thing the app is told.

    `kind` is the event's type, the interaction's type or the command; `id` is what stays the same
    over all copies and retries: the event id, else the trigger id.
    """

    type: EnvelopeType
    kind: str
    id: str
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the HTTP status (200 for an acknowledgement on a socket), 0 for nothing.

    `body` is the answer's text. `failure` is empty when the app took the delivery, else Slack's
    word for what went wrong: a retry reason such as `http_timeout`, `connection_failed`,
    `http_error`. `no_retry` asks for no further try after a failure. `told` is the sentence Slack
    shows the person then, empty when all is well.
    """

    status: int
    body: str = ""
    failure: str = ""
    no_retry: bool = False
    told: str = ""

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return not self.failure

    def object(self) -> Json | None:
        """Return the JSON object in the body, None when there is none."""
        try:
            return as_object(json.loads(self.body))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to tell the app something; `status` 0 means no answer within three seconds.

    `at` is Unix seconds, `duration` seconds. `attempt` counts Slack's retries from 0, `copy` the
    deliberate duplicates from 0.
    """

    kind: str
    url: str
    status: int
    body: str
    at: float
    duration: float
    id: str = ""
    transport: Transport = "http"
    attempt: int = 0
    copy: int = 0
    failure: str = ""
