"""The templates of an installation, opsbot's own and the team's, and what `opsbot check` says of
them."""

from __future__ import annotations

import logging

from opsbot.app.postmortems import background, template_folder
from opsbot.catalog.templates import Templates, read_templates
from opsbot.config import Finding, Settings, Weight
from opsbot.core.text import inert, listed
from opsbot.documents.drafter import PostmortemDrafter
from opsbot.documents.template import DEFAULT

log = logging.getLogger(__name__)


def team_templates(settings: Settings) -> Templates:
    """Every template that can be used, and the team's files that were left out."""
    return read_templates(template_folder(settings))


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
