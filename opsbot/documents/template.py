"""Markdown templates: Jinja2 in its sandbox, over plain values in which every text is escaped.

A template cannot reach Python, files, the environment or other templates, and cannot make of a
text what it is not. What it may spend is bounded (`bounds.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from opsbot.documents import bounds

DEFAULT = "postmortem"
ENDING = ".md.j2"
LONGEST = 2_000_000  # characters of a document
_BLANKS = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The text of a template under its name: `postmortem` for `templates/postmortem.md.j2`."""

    name: str
    text: str

    @property
    def version(self) -> str:
        """The SHA-256 of the text, as hex."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class TemplateBroken(ValueError):
    """A template cannot be used; the words say where and why."""


def default_template() -> Template:
    """The template that opsbot ships."""
    path = Path(__file__).with_name("templates") / f"{DEFAULT}{ENDING}"
    return Template(name=DEFAULT, text=path.read_text("utf-8"))


def is_template_name(name: str) -> bool:
    """Whether a template may be called so: never a path."""
    return _NAME.fullmatch(name) is not None


def filled(template: Template, values: Mapping[str, Any]) -> str:
    """The template with the values in it, tidied: no trailing blanks, no two empty lines in a row.

    Raises TemplateBroken when it is no template, asks for what does not exist, or tries to leave
    the sandbox.
    """
    compiled = _compiled(template)
    try:
        with bounds.budget():
            text = _written(template, compiled, values)
    except TemplateBroken:
        raise
    except SecurityError as error:
        raise _broken(template, f"it tries what no template may: {error}", 0) from None
    except jinja2.TemplateError as error:
        raise _broken(template, str(error.message or error), _line(error)) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
            MemoryError) as error:  # fmt: skip
        raise _broken(template, f"{type(error).__name__}: {error}", _line(error)) from None
    return tidied(text)


def _written(template: Template, compiled: jinja2.Template, values: Mapping[str, Any]) -> str:
    parts: list[str] = []
    length = 0
    for part in compiled.generate(dict(values)):
        bounds.spend()
        length += len(part)
        if length > LONGEST:
            raise _broken(template, f"it writes more than {LONGEST:,} characters", 0)
        parts.append(part)
    return "".join(parts)


def tidied(text: str) -> str:
    """Markdown as it is kept: no trailing blanks, at most one empty line, one line feed at the
    end."""
    return _BLANKS.sub("\n\n", _TRAILING.sub("", text.replace("\r\n", "\n"))).strip("\n") + "\n"


def _compiled(template: Template) -> jinja2.Template:
    try:
        return _read(template.text)
    except jinja2.TemplateSyntaxError as error:
        raise _broken(template, str(error.message), error.lineno) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise _broken(template, f"it cannot be read ({type(error).__name__})", 0) from None


@lru_cache(maxsize=16)
def _read(text: str) -> jinja2.Template:
    return _environment().from_string(text)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    """Not autoescaping: this is Markdown, and every text was escaped before."""
    environment = _Sandbox(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    for name in set(environment.globals) - {"namespace"}:
        del environment.globals[name]
    for name in set(environment.filters) - _FILTERS:
        del environment.filters[name]
    cast("dict[str, Any]", environment.filters).update(bounds.FILTERS)
    return environment


_FILTERS = {
    "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby",
    "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject",
    "rejectattr", "replace", "reverse", "round", "select", "selectattr", "slice", "sort", "string",
    "sum", "title", "trim", "truncate", "unique", "upper", "wordcount",
}  # fmt: skip
_OF_TEXT = {
    "capitalize", "endswith", "find", "lower", "lstrip", "removeprefix", "removesuffix", "replace",
    "rstrip", "split", "startswith", "strip", "title", "upper",
}  # fmt: skip


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's own sandbox, with nothing in it that makes something huge of something small."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers may be multiplied; a text or a list may not be repeated, nor anything raised."""
        if operator == "+":
            return bounds.weighed(bounds.weighed(left) + bounds.weighed(right))
        if operator == "**" or not all(isinstance(one, int | float) for one in (left, right)):
            raise SecurityError(f"{operator} is for numbers, and ** for none")
        return bounds.weighed(left * right if operator == "*" else left % right)

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Macros and methods cost what they are given and give."""
        bounds.spend(bounds.CALL)
        bounds.weighed(getattr(obj, "__self__", None))
        for one in (*args, *kwargs.values()):
            bounds.weighed(one)
        return bounds.weighed(super().call(context, obj, *args, **kwargs))

    def _generate(self, source: Any, *given: Any, **named: Any) -> str:
        """Jinja2's own hook for another way to compile."""
        return super()._generate(bounds.Counting().visit(source), *given, **named)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Of texts a few harmless methods; none that pads or formats."""
        if isinstance(obj, str) and attr not in _OF_TEXT:
            return False
        return super().is_safe_attribute(obj, attr, value)


def _broken(template: Template, why: str, line: int) -> TemplateBroken:
    where = f", line {line}" if line else ""
    return TemplateBroken(f"the template {template.name!r}{where}: {why[:300]}")


def _line(error: BaseException) -> int:
    """The line of the template that an error came from, as Jinja2 puts it into the traceback."""
    found = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
