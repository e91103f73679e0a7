"""The tables. `entries` and `bodies` are the truth; what is a projection of them says so.

Times are whole microseconds since 1970 (`core/moment.py`), so that the years 1 and 9999 survive.
JSON is kept as ASCII text, byte for byte as it was hashed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from opsbot.store.column import ForeignText

_NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
metadata = MetaData(naming_convention=_NAMES)
inbox_metadata = MetaData(naming_convention=_NAMES)  # on SQLite a file of its own

entries = Table(
    "entries", metadata,
    Column("incident_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("key", ForeignText, nullable=False),
    Column("kind", ForeignText, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", ForeignText, nullable=False),
    Column("source", ForeignText, nullable=False),
    Column("digest", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("removed", Text, nullable=False),  # the scrubber's receipt, a JSON list
    Index("uq_entries_incident_id_key", "incident_id", "key", unique=True),
)  # fmt: skip

# A redacted body has no salt: its row is gone, or holds what remains (`core/redaction.py`).
bodies = Table(
    "bodies", metadata,
    Column("incident_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary),
    Column("data", Text, nullable=False),  # JSON {"actor_name": ..., "body": {...}}
)  # fmt: skip

heads = Table(
    "heads", metadata,
    Column("incident_id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)  # fmt: skip

# Content-addressed: chart series, images, outputs. An entry holds the hash.
blobs = Table(
    "blobs", metadata,
    Column("hash", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)  # fmt: skip

# Projection of `entries`: the alerts an incident is made of.
origins = Table(
    "origins", metadata,
    Column("source", ForeignText, primary_key=True),
    Column("origin_id", ForeignText, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("dedup_key", ForeignText, nullable=False),
    Column("service_id", ForeignText, nullable=False),
    Index("ix_origins_source_dedup_key", "source", "dedup_key"),
    Index("ix_origins_source_service_id", "source", "service_id"),
    Index("ix_origins_incident_id", "incident_id"),
)  # fmt: skip

# Projection of `entries`: one line per incident, for lists and look-ups.
incidents = Table(
    "incidents", metadata,
    Column("incident_id", Text, primary_key=True),
    Column("number", Integer),
    Column("title", ForeignText, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("placement", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("service", ForeignText, nullable=False),
    Column("service_id", ForeignText, nullable=False),
    Column("service_key", ForeignText, nullable=False),
    Column("channel_id", ForeignText, nullable=False),  # of its own room, empty without one
    Column("opened_at", BigInteger),
    Column("over_at", BigInteger),
    Index("uq_incidents_number", "number", unique=True),
    Index("ix_incidents_over_at", "over_at"),
    Index("ix_incidents_channel_id", "channel_id"),
)  # fmt: skip

# Projection of `entries`: one line per run of a runbook, for limits and one run a target.
runs = Table(
    "runs", metadata,
    Column("incident_id", Text, primary_key=True),
    Column("run_id", ForeignText, primary_key=True),
    Column("runbook", ForeignText, nullable=False),
    Column("target", ForeignText, nullable=False),
    Column("service", ForeignText, nullable=False),
    Column("risk", Text, nullable=False),
    Column("requester", ForeignText, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("outcome", Text, nullable=False),  # empty while it waits or runs
    Column("break_glass", Boolean, nullable=False),
    Index("ix_runs_requested_at", "requested_at"),
    Index("ix_runs_finished_at", "finished_at"),
)  # fmt: skip

# Projection of `entries`: the highest incident number given out.
counters = Table(
    "counters", metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)  # fmt: skip

obligations = Table(
    "obligations", metadata,
    Column("key", ForeignText, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("first_due_at", BigInteger, nullable=False),  # postponing leaves it
    Column("arguments", Text, nullable=False),  # a JSON object of ids and small values
    Column("attempt", Integer, nullable=False),
    Column("state", Text, nullable=False),  # open | done | cancelled
    Column("created_at", BigInteger, nullable=False),
    Index("ix_obligations_incident_id", "incident_id"),
    Index(
        "ix_obligations_due_at", "due_at", "key",
        sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
    ),
)  # fmt: skip

# Truth, not projection: an act without a result stays claimed, and is never done twice.
claims = Table(
    "claims", metadata,
    Column("key", ForeignText, primary_key=True),
    Column("at", BigInteger, nullable=False),
)  # fmt: skip

# Text here is made storable by the inboxes themselves, one of which works below SQLAlchemy.
_lane = Column("lane", Text, nullable=False)  # person | machine
inbox = Table(
    "inbox", inbox_metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("door", Text, nullable=False),
    Column("key", Text, nullable=False),
    _lane,
    Column("received_at", BigInteger, nullable=False),
    Column("headers", Text, nullable=False),  # a JSON object; blanked when handled
    Column("body", LargeBinary, nullable=False),  # blanked when handled
    Column("body_sha256", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending | handled | aside
    Column("settled_at", BigInteger),  # when it stopped being pending
    Column("note", Text, nullable=False),
    Index("uq_inbox_door_key", "door", "key", unique=True),
    Index(
        "ix_inbox_pending", _lane.desc(), "id",
        sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_inbox_settled_at", "settled_at",
        sqlite_where=text("state <> 'pending'"), postgresql_where=text("state <> 'pending'"),
    ),
    sqlite_autoincrement=True,  # an id is never given twice, even after old rows were forgotten
)  # fmt: skip
