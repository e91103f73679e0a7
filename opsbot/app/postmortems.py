"""How this installation writes postmortems: its templates, the catalogue, and how metrics are
asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsbot.app.store import Unusable
from opsbot.config import Finding, Settings, Weight
from opsbot.core.nearest import nearest
from opsbot.core.postmortem.material import Background
from opsbot.documents.drafter import PostmortemDrafter
from opsbot.documents.template import (
    DEFAULT,
    ENDING,
    Template,
    default_template,
    is_template_name,
    problem_of,
)
from opsbot.integrations.prometheus import Settings as PrometheusSettings

LARGEST = 200_000  # bytes of a template


def template_folder(settings: Settings) -> Path:
    """Where a team's own templates lie: beside opsbot.yaml."""
    return settings.file.parent / "templates"


def find_template(settings: Settings, name: str) -> Template:
    """The team's template of this name; the shipped one when it has none called `postmortem`.

    Raises Unusable when there is no such template, or it cannot be read.
    """
    path = template_folder(settings) / f"{name}{ENDING}"
    if not is_template_name(name):
        raise Unusable(f"{name!r} is no template's name: lower-case letters, digits, - and _")
    if path.is_file():
        return _read(path, name)
    if name == DEFAULT:
        return default_template()
    known = {DEFAULT, *_names(settings)}
    close = nearest(name, known)
    hint = f"did you mean {close}?" if close else f"there are {', '.join(sorted(known))}."
    raise Unusable(f"there is no template {name}: {hint} Templates lie in {path.parent}")


def drafter_of(settings: Settings, name: str = DEFAULT) -> PostmortemDrafter:
    """What writes the postmortems here, by the template of that name. Raises Unusable."""
    return PostmortemDrafter(template=find_template(settings, name), background=background(settings))


def background(settings: Settings) -> Background:
    """What documents need to know of this installation."""
    return Background(
        catalogue=settings.catalogue, expressions=lambda one: _expressions(settings, one)
    )


def template_findings(settings: Settings) -> list[Finding]:
    """What `opsbot check` says of the team's templates: those that cannot be used."""
    found: list[Finding] = []
    for name in _names(settings):
        try:
            problem = problem_of(find_template(settings, name))
        except Unusable as why:
            problem = str(why)
        if problem:
            fix = "Mend it; until then postmortems are written by opsbot's own template"
            found.append(Finding(weight=Weight.WARNING, key="templates", line=0, problem=problem,
                                 fix=fix))  # fmt: skip
    return found


def _names(settings: Settings) -> list[str]:
    files = sorted(template_folder(settings).glob(f"*{ENDING}"))
    return [file.name.removesuffix(ENDING) for file in files]


def _read(path: Path, name: str) -> Template:
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable(f"{path}: a template has at most {LARGEST:,} bytes")
        return Template(name=name, text=path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise Unusable(f"{path}: it is no UTF-8 text") from None
    except OSError as error:
        raise Unusable(f"{path}: it cannot be read ({error.strerror})") from None


def _expressions(settings: Settings, service: str) -> Mapping[str, str]:
    """The PromQL of every signal of one service, as opsbot itself asks for it."""
    known = settings.integration("prometheus")
    if known is None or not isinstance(known.settings, PrometheusSettings):
        return {}
    held = settings.catalogue.named(service)
    name = held.subject().known_as("prometheus") if held else service
    asked = known.settings
    return asked.queries.written(label=asked.service_label, names=(name,))
