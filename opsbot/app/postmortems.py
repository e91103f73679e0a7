"""How this installation writes postmortems: its templates, the catalogue, and how metrics are
asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsbot.app.store import Unusable
from opsbot.catalog.templates import read_templates
from opsbot.config import Settings
from opsbot.core.nearest import nearest
from opsbot.core.postmortem.material import Background
from opsbot.core.text import inert
from opsbot.documents.template import ENDING, Template
from opsbot.integrations.prometheus import Settings as PrometheusSettings


def template_folder(settings: Settings) -> Path:
    """Where a team's own templates lie: beside opsbot.yaml."""
    return settings.file.parent / "templates"


def find_template(settings: Settings, name: str) -> Template:
    """The template of this name, opsbot's own or the team's. Raises Unusable."""
    templates = read_templates(template_folder(settings))
    found = templates.named(name)
    if found is not None:
        return found
    for path, why in templates.aside:
        if path.name == f"{name}{ENDING}":
            raise Unusable(f"the template cannot be used: {why}")
    known = [template.name for template in templates.found]
    close = nearest(name, set(known))
    hint = f"did you mean {close}?" if close else f"there are {', '.join(known)}."
    folder = template_folder(settings)
    raise Unusable(f"there is no template {inert(name, 60)!r}: {hint} A team's lie in {folder}")


def background(settings: Settings) -> Background:
    """What documents need to know of this installation."""
    return Background(
        catalogue=settings.catalogue, expressions=lambda one: _expressions(settings, one)
    )


def _expressions(settings: Settings, service: str) -> Mapping[str, str]:
    """The PromQL of every signal of one service, as opsbot itself asks for it."""
    known = settings.integration("prometheus")
    if known is None or not isinstance(known.settings, PrometheusSettings):
        return {}
    held = settings.catalogue.named(service)
    name = held.subject().known_as("prometheus") if held else service
    asked = known.settings
    return asked.queries.written(label=asked.service_label, names=(name,))
