"""Where words could have leaked to: every place that opsbot writes to, as texts to look through."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import MetaData, create_engine, inspect, make_url

from opsbot.app.store import places
from opsbot.sandbox.slack.model import Channel
from tests.stories.theatre import Theatre

RECORD = frozenset(
    {
        "alembic_version", "entries", "bodies", "heads", "blobs", "origins", "incidents",
        "counters", "obligations", "claims", "inbox", "runs",
    }
)  # fmt: skip
# What DBOS keeps; a new release of it may bring more, and then somebody has to look at that.
ENGINE = frozenset(
    {
        "application_versions", "dbos_migrations", "event_dispatch_kv", "notifications",
        "operation_outputs", "queues", "streams", "workflow_events", "workflow_events_history",
        "workflow_input", "workflow_output", "workflow_schedules", "workflow_status",
    }
)  # fmt: skip


def leaks(canaries: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """`<place>: <canary>` for every place whose text holds one, in any case."""
    return sorted(
        f"{place}: {word}"
        for place, said in texts.items()
        for word in canaries
        if word in said.lower()
    )


async def doors(play: Theatre) -> dict[str, str]:
    """What opsbot answers to whoever asks its port."""
    found: dict[str, str] = {}
    async with aiohttp.ClientSession(trust_env=False) as session:
        for path in ("/metrics", "/healthz", "/readyz", "/readyz?for=people"):
            async with session.get(f"{play.stage.bot.url}{path}") as answer:
                found[f"GET {path}"] = await answer.text()
    return found


def slack_seen_by(play: Theatre, viewer: str) -> dict[str, str]:
    """All that one person sees in Slack: channels, what was shown to them alone, their screens."""
    slack, workspace = play.stage.slack, play.workspace
    found = {f"#{c.name}": _everything(c) for c in workspace.channels.values()
             if workspace.can_see(viewer, c)}  # fmt: skip
    alone = [e for e in workspace.ephemerals if e.user == viewer]
    found["ephemerals"] = json.dumps([[e.text, e.blocks] for e in alone])
    views = [view.view for view in slack.views.views.values() if view.user == viewer]
    found["Home and forms"] = json.dumps(views)
    seen = {c.id for c in workspace.channels.values() if workspace.can_see(viewer, c)}
    shared = [f for f in workspace.files.values() if seen & set(f.channels)]
    found["files"] = json.dumps([[f.name, f.title, f.alt_text] for f in shared])
    return found


def _everything(channel: Channel) -> str:
    messages = [
        [m.text, m.blocks, m.attachments, m.metadata, [[r.text, r.blocks] for r in m.revisions]]
        for m in channel.messages.values()
    ]
    marks = [[b.title, b.link] for b in channel.bookmarks]
    names = [channel.name, *channel.previous_names, channel.topic.value, channel.purpose.value]
    return json.dumps([names, marks, messages])


def slack_calls(play: Theatre, *, but_in: str, but_to: Iterable[str]) -> dict[str, str]:
    """Every Web API call, but those into one channel and to some people alone."""
    known = set(but_to)
    calls = play.stage.slack.journal.calls
    return {
        f"call {c.seq} {c.method}": json.dumps(c.arguments)
        for c in calls
        if c.arguments.get("channel") != but_in
        and c.arguments.get("channel_id") != but_in
        and c.arguments.get("user") not in known
        and c.arguments.get("user_id") not in known
        and c.method != "views.open"  # opened by a trigger: whose it is stands with the screens
    }


def asked_elsewhere(play: Theatre) -> dict[str, str]:
    """What PagerDuty and the sources of evidence were asked, and what was written there."""
    found = {
        f"{server.name} {number}": f"{seen.method} {seen.path}?{seen.query}"
        for server in play.stage.world.servers
        for number, seen in enumerate(server.seen)
    }
    held = play.pagerduty.account.incidents.values()
    notes = [note.content for incident in held for note in incident.notes]
    return {**found, "notes at PagerDuty": json.dumps(notes)}


def tables(play: Theatre) -> dict[str, str]:
    """Every row of every table of every database, by `<table>`. Fails on a table nobody listed."""
    where, found = places(play.settings), dict[str, str]()
    for url in {where.record_url, where.inbox_url, where.engine_url}:
        for name, said in _rows(url):
            assert name in RECORD | ENGINE, (
                f"table {name} is new: say in tests/stories/leaks.py what may stand in it"
            )
            found[name] = found.get(name, "") + said
    assert set(found) >= RECORD, RECORD - set(found)
    assert "workflow_status" in found
    return found


def _rows(url: str) -> Iterator[tuple[str, str]]:
    kind = "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"
    engine = create_engine(make_url(url).set(drivername=kind))
    try:
        with engine.connect() as connection:
            seen = inspect(connection)
            for schema in (s for s in seen.get_schema_names() if not s.startswith("pg_")):
                if schema == "information_schema":
                    continue
                metadata = MetaData()
                metadata.reflect(connection, schema=schema)
                for table in metadata.sorted_tables:
                    rows = connection.execute(table.select()).all()
                    values = [value for row in rows for value in row]
                    yield table.name, "\n".join(_as_text(value) for value in values)
    finally:
        engine.dispose()


def _as_text(value: Any) -> str:
    """A stored value as readable text; what is packed as Base64 is unpacked as well."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    try:
        return f"{text}\n{base64.b64decode(text, validate=True).decode('latin-1')}"
    except ValueError:
        return text


def files(folder: Path, *, but: str) -> dict[str, str]:
    """The bytes of every file below a folder, but those whose name begins with `but`."""
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("latin-1")
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(but)
    }
