"""Whatever a record holds, a document comes of it: the sections, tags and words all in place."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import fold
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.lint import lint
from opsbot.documents import document_of
from opsbot.documents.sections import sections_of
from opsbot.documents.template import default_template
from tests.documents.test_html import TAGS, Tags
from tests.documents.test_sections import NAMES
from tests.store.drafts import drafts, opened, requested

_RECORDS = st.lists(drafts, max_size=12)
_MANY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


def recorded(given_drafts: list[Draft]) -> list[Entry]:
    """A record that begins with an incident and a run, so that what follows has a place."""
    return [
        Entry(
            incident_id="inc-1", seq=seq, key=str(seq), occurred_at=draft.occurred_at,
            recorded_at=draft.occurred_at, actor=draft.actor, source=draft.source, body=draft.body,
        )
        for seq, draft in enumerate([opened(7, "Q1"), requested("r1"), *given_drafts], 1)
    ]  # fmt: skip


@_MANY
@given(_RECORDS)
def test_every_record_becomes_a_document(given_drafts: list[Draft]) -> None:
    entries = recorded(given_drafts)
    incident = fold("inc-1", entries)
    made = document_of(incident, entries, default_template())
    assert tuple(section.name for section in sections_of(made.markdown)) == NAMES
    assert json.loads(made.data)["postmortem"]["number"] == incident.number
    page = Tags(made.html)
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= TAGS
    lint(postmortem(incident, entries))
    made.markdown.encode()
    made.html.encode()
    made.data.encode()
