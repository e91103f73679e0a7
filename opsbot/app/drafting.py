"""The Drafter port: documents by the installation's template, with what its settings know of
services and their metrics; and what `opsbot check` says of a team's templates."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsbot.catalog.templates import Templates, read_templates
from opsbot.config import Finding, Settings, Weight
from opsbot.core.document import Document
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.picture import Picture
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.figures import pictures_of
from opsbot.core.postmortem.lint import lint
from opsbot.core.postmortem.material import Background, material
from opsbot.core.text import inert
from opsbot.documents import document_of
from opsbot.documents.template import DEFAULT, Template, TemplateBroken, default_template
from opsbot.ports import Drafted

log = logging.getLogger(__name__)


def team_templates(settings: Settings) -> Templates:
    """Every template: opsbot's own and the team's, from `templates/` beside opsbot.yaml."""
    return read_templates(settings.file.parent / "templates")


def template_findings(settings: Settings) -> list[Finding]:
    """Files that were left out, and a chosen template that does not exist."""
    templates, wanted = team_templates(settings), settings.postmortem.template
    found = [
        Finding(weight=Weight.WARNING, key=f"templates/{inert(path.name, 80)}", line=0,
                problem=inert(why, 400), fix="Mend the file; opsbot goes on without it")
        for path, why in templates.aside
    ]  # fmt: skip
    if templates.named(wanted) is None:
        names = ", ".join(template.name for template in templates.found)
        key = "postmortem.template"
        found.append(
            Finding(weight=Weight.WARNING, key=key, line=settings.lines.get(key, 0),
                    problem=f"there is no template '{wanted}', so '{DEFAULT}' is used",
                    fix=f"Templates are {names}")
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemDrafter:
    """Documents by `template`; one that fails on a record gives way to the shipped one."""

    settings: Settings
    template: Template

    def pictures(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes]
    ) -> Mapping[str, Picture]:
        """What the room was shown, to be drawn anew."""
        return pictures_of(material(incident, tuple(entries), self._background(blobs)))

    def write(
        self, incident: Incident, entries: Sequence[Entry], blobs: Mapping[str, bytes],
        drawn: Mapping[str, bytes],
    ) -> Drafted:  # fmt: skip
        """The document in its three forms, and how many problems the lint finds in it."""
        background = self._background(blobs)
        document, template = self._written(incident, entries, background, drawn)
        problems = lint(postmortem(incident, entries, background))
        return Drafted(
            document=document, template=template.name, template_version=template.version,
            problems=len(problems),
        )  # fmt: skip

    def _written(
        self, incident: Incident, entries: Sequence[Entry], background: Background,
        drawn: Mapping[str, bytes],
    ) -> tuple[Document, Template]:  # fmt: skip
        try:
            return document_of(incident, entries, self.template, drawn, background), self.template
        except TemplateBroken as broken:
            log.error("INC-%d is written by the shipped template: %s", incident.number, broken)
            shipped = default_template()
            return document_of(incident, entries, shipped, drawn, background), shipped

    def _background(self, blobs: Mapping[str, bytes]) -> Background:
        return Background(
            catalogue=self.settings.catalogue, expressions=self._expressions, blobs=blobs
        )

    def _expressions(self, service: str) -> Mapping[str, str]:
        """The query of every signal of a service, as the configured metrics know it."""
        for known in self.settings.integrations:
            if known.integration.expressions is not None:
                held = self.settings.catalogue.named(service)
                own_names = dict(held.selectors) if held else {}
                name = own_names.get(known.name, service)
                return known.integration.expressions(known.settings, name)
        return {}
