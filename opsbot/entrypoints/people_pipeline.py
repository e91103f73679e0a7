"""The one way in for what people do in Slack, whether it came over HTTP or Socket Mode.

Read, make durable, acknowledge; whatever takes time comes after the acknowledgement.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbot.core.form import Choice
from opsbot.core.invocation import Caller, How, Invocation, PersonEvent
from opsbot.entrypoints.doors import Refusal, Watcher
from opsbot.ports import Clock, Delivery, Inbox, InboxFull, InboxUnavailable
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.payloads import Kind, canonical_body, delivery_key, person_event
from opsbot.slack.payloads_answer import (
    CLEAR,
    EMPTY,
    LATER,
    Ack,
    field_errors,
    for_the_caller,
    options,
)
from opsbot.slack.payloads_claims import Ourselves, workspaces_in
from opsbot.slack.payloads_interaction import suggestion_in
from opsbot.slack.signature import RequestRefused

log = logging.getLogger(__name__)

UNWRITTEN = (
    "opsbot cannot write anything down right now, so nothing was done. Please do it again in a "
    "minute; if it is urgent, act without opsbot and tell it afterwards."
)
_GONE = {
    "app_uninstalled": "opsbot's app was uninstalled from the workspace: install it again",
    "tokens_revoked": "opsbot's tokens were revoked in Slack: install the app again",
}
_LONGEST_CHALLENGE = 1_000

After = Callable[[PersonEvent], Coroutine[Any, Any, None]]
Apologise = Callable[[PersonEvent, str], Coroutine[Any, Any, None]]


async def _nothing(event: PersonEvent) -> None:
    """Nobody waits for anything after the acknowledgement."""


async def _unsaid(event: PersonEvent, sentence: str) -> None:
    """Nobody can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the pipeline asks while a person waits. The first three answer from memory, at once.

    `validate` gives a sentence for each field of a form that cannot be taken. `suggest` is given
    a field's name, what was typed into it so far, and by whom. `after` is started when a new
    event is stored and acknowledged, `apologise` when one could not be stored and its
    acknowledgement holds no words (a press, a message's menu); neither delays an answer.
    """

    ourselves: Callable[[], Ourselves] = Ourselves
    validate: Callable[[Invocation], Mapping[str, str]] = lambda invocation: {}
    suggest: Callable[[str, str, Caller], Sequence[Choice]] = lambda field, typed, caller: ()
    after: After = _nothing
    apologise: Apologise = _unsaid


class PeoplePipeline:
    """Answers each delivery once it is durable. Close it after both transports.

    `closing_within` is how many seconds what follows acknowledgements has to end then.
    """

    def __init__(
        self, inbox: Inbox, clock: Clock, watcher: Watcher, hooks: Hooks, *,
        closing_within: float = 5.0,
    ) -> None:  # fmt: skip
        self._inbox, self._clock, self._watcher, self._hooks = inbox, clock, watcher, hooks
        self._closing_within = closing_within
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, kind: Kind, payload: Mapping[str, Any], key: str = "") -> Ack:
        """Take one verified delivery and say what to answer; `key` replaces its own dedupe key.

        Retries are taken like first tries: when the first copy was lost, the retry is the only
        one. Never raises for anything in the payload or the inbox; an Ack of 503 asks Slack to
        send it again.
        """
        try:
            ack, reason = await self._receive(kind, payload, key)
        except RequestRefused as refused:
            ack, reason = Ack(status=refused.status), refused.reason
        except Exception:
            log.exception("a delivery at %s failed", kind.door)
            ack, reason = LATER, "internal error"
        self._watcher.answered(kind.door, ack.status, reason)
        return ack

    async def close(self) -> None:
        """Let what was started after acknowledgements end, or end it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._closing_within)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _receive(self, kind: Kind, payload: Mapping[str, Any], key: str) -> tuple[Ack, str]:
        answer = self._from_memory(kind, payload)
        if answer is not None:
            return answer
        event = person_event(kind, payload, self._clock.now(), self._hooks.ourselves())
        if event is None:
            return EMPTY, "ignored"
        wrong = self._wrong_fields(event, payload)
        if wrong is not None:
            return wrong, "fields refused"
        return await self._store(kind, payload, event, key)

    async def _store(
        self, kind: Kind, payload: Mapping[str, Any], event: PersonEvent, key: str
    ) -> tuple[Ack, str]:
        delivery = Delivery(
            door=kind.door,
            key=key or delivery_key(kind, payload, event),
            received_at=self._clock.now(),
            body=canonical_body(payload),
            headers={},
            lane="person",
        )
        try:
            news = await self._inbox.put(delivery)
        except (InboxFull, InboxUnavailable) as trouble:
            reason = "backlog full" if isinstance(trouble, InboxFull) else "inbox unavailable"
            log.warning("door %s: %s", kind.door, reason)
            return self._unwritten(event, payload), reason
        if news:
            self._start(self._hooks.after(event))
        submitted = isinstance(event, Invocation) and event.how is How.FORM
        return CLEAR if submitted else EMPTY, "accepted" if news else "duplicate"

    def _from_memory(self, kind: Kind, payload: Mapping[str, Any]) -> tuple[Ack, str] | None:
        """What is answered without reading further: Slack's own checks, choices, other teams."""
        if kind is Kind.EVENTS:
            return self._envelope(payload)
        if "ssl_check" in payload:
            return EMPTY, "ssl check"
        if payload.get("type") != "block_suggestion":
            return None
        asked = suggestion_in(payload)
        if asked is None:
            return options(()), "ignored"
        return options(self._choices(asked.field, asked.typed, asked.caller)), "suggested"

    def _envelope(self, payload: Mapping[str, Any]) -> tuple[Ack, str] | None:
        """What an event's envelope says before anybody did anything."""
        match payload.get("type"):
            case "url_verification":
                challenge = text_at(payload, "challenge")[:_LONGEST_CHALLENGE]
                return Ack(payload={"challenge": challenge}), "url verification"
            case "app_rate_limited":
                self._say("events held back", "Slack delivers at most 30,000 events an hour to an "
                          "app and drops the others: subscribe to fewer event types")  # fmt: skip
                return EMPTY, "events held back"
            case _:
                pass
        ours, said = self._hooks.ourselves(), workspaces_in(payload)
        if ours.team_id and said and not said & {ours.team_id, ours.enterprise_id}:
            self._say("another workspace", "the app is installed in a workspace that opsbot's bot "
                      "token does not belong to: uninstall it there, or run an opsbot for it "
                      "with an app of its own")  # fmt: skip
            return EMPTY, "another workspace"
        gone = text_at(as_object(payload.get("event")), "type")
        if gone in _GONE:
            log.error("%s", _GONE[gone])
            self._say(gone, _GONE[gone])
        return None

    def _say(self, reason: str, cure: str) -> None:
        self._watcher.refused(Kind.EVENTS.door, Refusal(200, reason, cure))

    def _choices(self, field: str, typed: str, caller: Caller) -> Sequence[Choice]:
        try:
            return self._hooks.suggest(field, typed, caller)
        except Exception:
            log.exception("the choices of field %s could not be found", field)
            return ()

    def _wrong_fields(self, event: PersonEvent, payload: Mapping[str, Any]) -> Ack | None:
        """Errors beside the fields of a form; None when it may be taken."""
        if not isinstance(event, Invocation) or event.how is not How.FORM:
            return None
        try:
            errors = self._hooks.validate(event)
        except Exception:
            # The form is taken: it is looked at again when it is worked on.
            log.exception("a form for %s could not be checked", event.verb)
            return None
        return field_errors(as_object(payload.get("view")), errors) if errors else None

    def _unwritten(self, event: PersonEvent, payload: Mapping[str, Any]) -> Ack:
        """Say that nothing was stored, where Slack shows words in an acknowledgement; elsewhere
        ask for the delivery again, because Slack then marks the press as failed."""
        if not isinstance(event, Invocation):
            return LATER
        match event.how:
            case How.TYPED:
                return for_the_caller(UNWRITTEN)
            case How.FORM:
                view = as_object(payload.get("view"))
                return field_errors(view, {"": UNWRITTEN}) or LATER
            case How.BUTTON | How.SHORTCUT:
                self._start(self._hooks.apologise(event, UNWRITTEN))
                return LATER
            case How.MENTION | How.REACTION:
                return LATER

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("what should follow an acknowledgement failed")
