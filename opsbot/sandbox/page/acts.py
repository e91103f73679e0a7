"""What a person does on the page, passed on to People; each act answers with what to show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from opsbot.sandbox.page.act_body import ActBody
from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.people import People
from opsbot.sandbox.slack.workspace import Workspace

Act = Callable[[ActBody], Awaitable[Json]]
_DONE: Json = {}


class Acts:
    """The acts by name. Each takes the body the page sends and returns a JSON object: `told` is
    what Slack says to the person, `visit` where the page goes, `options` what a search found."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace, self._people = workspace, people

    def by_name(self) -> Mapping[str, Act]:
        """Return every act by the name it has in the page's addresses."""
        return {
            "say": self._say, "act": self._act, "suggest": self._suggest,
            "submit": self._submit, "close": self._close, "shortcut": self._shortcut,
            "home": self._home, "open-direct": self._open_direct, "edit": self._edit,
            "delete": self._mark(self._people.delete), "react": self._react,
            "unreact": self._unreact, "pin": self._mark(self._people.pin),
            "unpin": self._mark(self._people.unpin), "dismiss": self._dismiss,
            "new-channel": self._new_channel, "join": self._on_channel(self._people.join),
            "leave": self._on_channel(self._people.leave), "invite": self._invite,
            "rename": self._rename, "topic": self._topic,
            "archive": self._on_channel(self._people.archive),
            "unarchive": self._on_channel(self._people.unarchive),
        }  # fmt: skip

    # Talking

    async def _say(self, body: ActBody) -> Json:
        text, thread = body.text("text"), body.maybe("thread") or None
        channel, me = body.text("channel"), body.viewer.id
        command, _, words = text.partition(" ")
        if command.startswith("/") and len(command) > 1:
            answer = await self._people.command(
                me, channel, command, words.strip(), thread_ts=thread
            )
            return _told(answer)
        await self._people.say(
            me, channel, text, thread_ts=thread, broadcast=body.flag("broadcast")
        )
        return _DONE

    async def _edit(self, body: ActBody) -> Json:
        await self._people.edit(
            body.viewer.id, body.text("channel"), body.text("ts"), body.text("text")
        )
        return _DONE

    async def _react(self, body: ActBody) -> Json:
        await self._people.react(
            body.viewer.id, body.text("channel"), body.text("ts"), body.text("name")
        )
        return _DONE

    async def _unreact(self, body: ActBody) -> Json:
        await self._people.unreact(
            body.viewer.id, body.text("channel"), body.text("ts"), body.text("name")
        )
        return _DONE

    async def _dismiss(self, body: ActBody) -> Json:
        channel, ts = body.text("channel"), body.text("ts")
        for shown in body.viewer.ephemerals(channel):
            if shown.ts == ts:
                self._workspace.replace_ephemeral(shown, text=None, blocks=None)
        return _DONE

    def _mark(self, act: Callable[[str, str, str], Awaitable[None]]) -> Act:
        async def on_message(body: ActBody) -> Json:
            await act(body.viewer.id, body.text("channel"), body.text("ts"))
            return _DONE

        return on_message

    # Blocks and views

    async def _act(self, body: ActBody) -> Json:
        me, action, block = body.viewer.id, body.text("action"), body.text("block")
        kind, view = body.text("kind"), body.maybe("view")
        chosen = body.chosen("chosen", kind)
        if view:
            return _told(
                await self._people.act_in_view(
                    me, view, action, chosen, block_id=block, values=body.values()
                )
            )
        channel, ts = body.text("channel"), body.text("ts")
        if kind == "button":
            return _told(await self._people.click(me, channel, ts, action, block_id=block))
        return _told(await self._people.choose(me, channel, ts, action, chosen, block_id=block))

    async def _suggest(self, body: ActBody) -> Json:
        me, view, typed = body.viewer.id, body.maybe("view"), body.maybe("typed")
        block, action = body.text("block"), body.text("action")
        if view:
            found = await self._people.suggest(me, view, block, action, typed)
        else:
            channel, ts = body.text("channel"), body.text("ts")
            found = await self._people.suggest_in_message(me, channel, ts, block, action, typed)
        return {"options": _options(Words(body.viewer), found)}

    async def _submit(self, body: ActBody) -> Json:
        view = body.text("view")
        answer = await self._people.submit(body.viewer.id, view, body.values())
        return {**_told(answer), "errors": dict(self._people.errors(view))}

    async def _close(self, body: ActBody) -> Json:
        await self._people.close_view(
            body.viewer.id, body.text("view"), whole_stack=body.flag("all")
        )
        return _DONE

    async def _shortcut(self, body: ActBody) -> Json:
        return _told(
            await self._people.shortcut(
                body.viewer.id, body.text("callback"), body.text("channel"), body.text("ts")
            )
        )

    async def _home(self, body: ActBody) -> Json:
        tab = "messages" if body.maybe("tab") == "messages" else "home"
        await self._people.open_home(body.viewer.id, tab)
        return _DONE

    # Channels

    def _on_channel(self, act: Callable[[str, str], Awaitable[None]]) -> Act:
        async def on_channel(body: ActBody) -> Json:
            await act(body.viewer.id, body.text("channel"))
            return _DONE

        return on_channel

    async def _open_direct(self, body: ActBody) -> Json:
        await self._people.open_direct(body.viewer.id)
        return {"visit": body.viewer.address("/messages")}

    async def _new_channel(self, body: ActBody) -> Json:
        channel = await self._people.create_channel(
            body.viewer.id, body.text("name"), is_private=body.flag("private")
        )
        return {"visit": body.viewer.channel_address(channel)}

    async def _invite(self, body: ActBody) -> Json:
        await self._people.invite(body.viewer.id, body.text("channel"), [body.text("invited")])
        return _DONE

    async def _rename(self, body: ActBody) -> Json:
        await self._people.rename(body.viewer.id, body.text("channel"), body.text("name"))
        return _DONE

    async def _topic(self, body: ActBody) -> Json:
        await self._people.set_topic(body.viewer.id, body.text("channel"), body.maybe("topic"))
        return _DONE


def refused(why: CannotAct) -> Json:
    """Return what the page shows when Slack does not let somebody act."""
    return {"told": str(why), "refused": True}


def _told(answer: Answer) -> Json:
    return {"told": answer.told} if answer.told else _DONE


def _options(words: Words, found: list[Json]) -> list[Json]:
    """Return options (and those of groups) as value and label; as plain characters."""
    options: list[Json] = []
    for one in found:
        if "options" in one:
            inner = [as_object(held) or {} for held in as_list(one.get("options")) or []]
            options += [{"group": words.bare(one.get("label"))}, *_options(words, inner)]
        else:
            options.append(
                {
                    "value": str(one.get("value", "")),
                    "label": words.bare(one.get("text")),
                    "description": words.bare(one.get("description")),
                }
            )
    return options
