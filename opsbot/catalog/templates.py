"""Finds templates of documents: the one that opsbot ships, and a team's own `*.md.j2` in the folder
`templates` beside opsbot.yaml. A broken one is put aside and said; it never stops the bot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from opsbot.core.incident import new_incident
from opsbot.documents import document_of
from opsbot.documents.template import (
    DEFAULT,
    ENDING,
    Template,
    TemplateBroken,
    default_template,
    is_template_name,
)

LONGEST = 256 * 1024  # bytes of one template


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """Every template that can be used, by name, and which files were left out and why."""

    found: tuple[Template, ...]
    aside: tuple[tuple[Path, str], ...] = ()

    def named(self, name: str) -> Template | None:
        """The template of this name."""
        return next((one for one in self.found if one.name == name), None)

    def chosen(self, name: str) -> Template:
        """The template of this name; while there is none, the one that opsbot ships."""
        return self.named(name) or self.named(DEFAULT) or default_template()


def read_templates(team_folder: Path | None = None) -> Templates:
    """All templates. A team's file of the shipped one's name takes its place."""
    found = {DEFAULT: default_template()}
    aside: list[tuple[Path, str]] = []
    for path in _files(team_folder, aside):
        try:
            template = _read(path)
        except (TemplateBroken, OSError, ValueError) as broken:
            said = broken.strerror if isinstance(broken, OSError) else str(broken)
            aside.append((path, said or type(broken).__name__))
        else:
            found[template.name] = template
    return Templates(found=tuple(found.values()), aside=tuple(aside))


def _files(folder: Path | None, aside: list[tuple[Path, str]]) -> list[Path]:
    """A team's files; why the folder itself cannot be read is put to `aside`."""
    if folder is None or not folder.exists():
        return []
    try:  # `glob` would keep it to itself
        return sorted(path for path in folder.iterdir() if path.name.endswith(ENDING))
    except OSError as error:
        aside.append((folder, f"the folder cannot be read: {error.strerror or error}"))
        return []


def _read(path: Path) -> Template:
    """One template, tried on an incident of which nothing is known."""
    name = path.name.removesuffix(ENDING)
    if not is_template_name(name):
        raise TemplateBroken("its name has to be lower-case letters, digits, - or _")
    template = Template(name=name, text=_text(path))
    document_of(new_incident("template-check"), (), template)
    return template


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():  # a pipe would be waited on for ever
        raise TemplateBroken("it is no ordinary file")
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise TemplateBroken(f"it is larger than {LONGEST // 1024} KiB")
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
