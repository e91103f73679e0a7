"""Writes postmortems for the flows: one template and background for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.picture import Picture
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.figures import pictures_of
from opsbot.core.postmortem.lint import lint
from opsbot.core.postmortem.material import NO_BACKGROUND, Background, material
from opsbot.documents import finished
from opsbot.documents.template import Template, TemplateBroken, default_template
from opsbot.ports import Drafted


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemDrafter:
    """Implements `ports.Drafter`. A team's template that cannot be used for an incident is replaced
    by the shipped one: a document by another template is better than none."""

    template: Template
    background: Background = NO_BACKGROUND

    def pictures(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes]
    ) -> Mapping[str, Picture]:
        """What to draw, by slot."""
        return pictures_of(material(incident, entries, replace(self.background, blobs=blobs)))

    def write(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes],
        drawn: Mapping[str, bytes], head: str = "",
    ) -> Drafted:  # fmt: skip
        """The document, and how many problems its lint finds."""
        known = replace(self.background, blobs=blobs, head=head, drawn=frozenset(drawn))
        told = postmortem(incident, entries, known)
        template = self.template
        try:
            document = finished(told, template, drawn)
        except TemplateBroken:
            template = default_template()
            document = finished(told, template, drawn)
        return Drafted(
            document=document, template=template.name, template_version=template.version,
            problems=len(lint(told)),
        )  # fmt: skip
