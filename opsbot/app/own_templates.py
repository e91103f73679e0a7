"""The templates of an installation, opsbot's own and the team's, and what `opsbot check` says of
them."""

from __future__ import annotations

import logging
from pathlib import Path

from opsbot.app.postmortems import background
from opsbot.app.store import Unusable
from opsbot.catalog.templates import Templates, read_templates
from opsbot.config import Finding, Settings, Weight
from opsbot.core.nearest import nearest
from opsbot.core.text import inert, listed
from opsbot.documents.drafter import PostmortemDrafter
from opsbot.documents.template import DEFAULT, ENDING, Template

log = logging.getLogger(__name__)


def template_folder(settings: Settings) -> Path:
    """Where a team's own templates lie: beside opsbot.yaml."""
    return settings.file.parent / "templates"


def team_templates(settings: Settings) -> Templates:
    """Every template that can be used, and the team's files that were left out."""
    return read_templates(template_folder(settings))


def find_template(settings: Settings, name: str) -> Template:
    """The template of this name, opsbot's own or the team's. Raises Unusable."""
    templates = team_templates(settings)
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


def team_drafter(settings: Settings) -> PostmortemDrafter:
    """What writes postmortems here, by the chosen template; while that one is missing or broken,
    by the one that opsbot ships."""
    templates, wanted = team_templates(settings), settings.postmortem.template
    for path, why in templates.aside:
        log.error("a template is left out: %s: %s", path, why)
    if templates.named(wanted) is None:
        log.error("there is no template %s: postmortems are written by opsbot's own", wanted)
    return PostmortemDrafter(template=templates.chosen(wanted), background=background(settings))


def template_findings(settings: Settings) -> list[Finding]:
    """Files that were left out, and a chosen template that does not exist."""
    templates, wanted = team_templates(settings), settings.postmortem.template
    found = [
        Finding(weight=Weight.WARNING, key=f"templates/{inert(path.name, 80)}", line=0,
                problem=inert(why, 400), fix="Mend the file; opsbot goes on without it")
        for path, why in templates.aside
    ]  # fmt: skip
    if templates.named(wanted) is None:
        names = listed(tuple(template.name for template in templates.found), 8)
        key = "postmortem.template"
        found.append(
            Finding(weight=Weight.WARNING, key=key, line=settings.lines.get(key, 0),
                    problem=f"there is no template '{wanted}', so '{DEFAULT}' is used",
                    fix=f"Templates are {names}")
        )  # fmt: skip
    return found
