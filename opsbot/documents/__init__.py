"""Postmortems as documents: Markdown, JSON and HTML of what `core/postmortem` says. Pure.

`document_of` makes all three at once; the parts are here for who wants only one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from opsbot.core.document import Document
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.postmortem import Postmortem
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.material import NO_BACKGROUND, Background
from opsbot.documents.data import as_json, for_template
from opsbot.documents.html import page
from opsbot.documents.references import with_references
from opsbot.documents.template import Template, filled, tidied

NO_CHARTS: Mapping[str, bytes] = MappingProxyType({})


def document_of(
    incident: Incident, entries: Iterable[Entry], template: Template,
    charts: Mapping[str, bytes] = NO_CHARTS, background: Background = NO_BACKGROUND,
) -> Document:  # fmt: skip
    """The postmortem of an incident in its three forms. `charts` are PNG bytes by slot.

    Raises TemplateBroken when the template cannot be used; the shipped one always can.
    """
    known = replace(background, drawn=frozenset(charts))
    return finished(postmortem(incident, entries, known), template, charts)


def finished(
    told: Postmortem, template: Template, charts: Mapping[str, bytes] = NO_CHARTS
) -> Document:
    """A drafted postmortem in its three forms. Raises TemplateBroken."""
    markdown = render_markdown(told, template)
    return Document(
        incident_id=told.incident_id, number=told.number, stem=told.stem, title=_title(told),
        summary=told.gist, markdown=markdown, data=render_json(told, template),
        html=render_html(told, markdown, charts), attachments=attachments(told, charts),
        private=told.private,
    )  # fmt: skip


def render_markdown(document: Postmortem, template: Template) -> str:
    """The document by this template, with a front matter that says what it was made from.

    Raises TemplateBroken.
    """
    written = with_references(filled(template, for_template(document)))
    return tidied(_front_matter(document, template) + written)


def render_json(document: Postmortem, template: Template) -> str:
    """Everything that is known, in one canonical form; the template goes with it."""
    made_by = {"name": template.name, "version": template.version, "text": template.text}
    return as_json(document, made_by)


def render_html(
    document: Postmortem, markdown: str, charts: Mapping[str, bytes] = NO_CHARTS
) -> str:  # fmt: skip
    """The Markdown, which people may have edited since, as one page that needs nothing else."""
    return page(markdown, title=_title(document), images=attachments(document, charts))


def attachments(document: Postmortem, charts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The charts by the path that the Markdown names them by."""
    paths = {figure.path: figure.slot for figure in document.figures if figure.path}
    return MappingProxyType(
        {path: charts[slot] for path, slot in sorted(paths.items()) if slot in charts}
    )


def _title(document: Postmortem) -> str:
    return f"INC-{document.number}: {document.title}"


def _front_matter(document: Postmortem, template: Template) -> str:
    """YAML that every reader of Markdown skips: JSON values are YAML (YAML 1.2, chapter 1)."""
    facts = {
        "incident": document.number, "severity": document.severity, "status": document.status,
        "entries": document.through, "head": document.head or "not noted",
        "template": template.name, "template_version": template.version,
    }  # fmt: skip
    lines = (f"{key}: {json.dumps(value)}" for key, value in facts.items())
    return "\n".join(("---", *lines, "---", ""))
