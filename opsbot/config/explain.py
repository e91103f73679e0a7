"""Turns what pydantic found into problems an operator can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from opsbot.config.problem import KeyPath, Report, alternatives, dotted, quoted, suggestion

M = TypeVar("M", bound=BaseModel)

_QUOTED = re.compile(r"'([^']*)'")
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
}
_BOUNDS = {
    "greater_than_equal": ("too small", "Write at least", "ge"),
    "greater_than": ("too small", "Write more than", "gt"),
    "less_than_equal": ("too large", "Write at most", "le"),
    "less_than": ("too large", "Write less than", "lt"),
    "string_too_short": ("too short", "Characters needed:", "min_length"),
    "string_too_long": ("too long", "Characters allowed:", "max_length"),
    "too_short": ("too few", "Entries needed:", "min_length"),
    "too_long": ("too many", "Entries allowed:", "max_length"),
}
_KIND_FIXES = {
    "a whole number": "Write digits only",
    "a number": "Write digits only",
    "true or false": "Write true or false",
    "a mapping": "Write `key: value` lines, indented below it",
    "a list": "Write one `- item` line each, indented below it",
}


def validate(model: type[M], data: Any, report: Report, at: KeyPath = ()) -> M | None:
    """`data` as `model`; None, with every mistake noted in `report` under `at`, if it has any."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        problem, fix = _explain(model, detail)
        loc = tuple(part for part in detail["loc"] if part != "[key]")
        report.add((*at, *loc), problem, fix)
    return None


def known_keys(model: type[BaseModel], loc: KeyPath = ()) -> tuple[str, ...]:
    """The keys that the mapping at `loc` inside `model` may hold."""
    annotation: Any = model
    for part in loc:
        annotation = _inside(annotation, part)
    bare = _bare(annotation)
    return tuple(_fields(bare)) if _is_model(bare) else ()


def _explain(model: type[BaseModel], detail: ErrorDetails) -> tuple[str, str]:
    """The problem and its fix. The value is shown only where one of a few words is expected."""
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    match kind:
        case "opsbot":
            return str(context["problem"]), str(context["fix"])
        case "extra_forbidden":
            return "unknown key", _unknown_fix(model, loc)
        case "missing":
            return "missing", _missing_fix(model, loc)
        case "literal_error" | "enum":
            options = _QUOTED.findall(str(context.get("expected", "")))
            options = [option for option in options if option]
            return _not_one_of(detail["input"], options)
        case "value_error" | "assertion_error":
            # A vendor's own check; its message says what to write.
            words = str(context.get("error", detail["msg"]))
            return "the value is not accepted", f"{words[:1].upper()}{words[1:]}"
        case _:
            return _mistyped(kind, detail)


def _mistyped(kind: str, detail: ErrorDetails) -> tuple[str, str]:
    if kind in _BOUNDS:
        problem, fix, bound = _BOUNDS[kind]
        return problem, f"{fix} {detail.get('ctx', {}).get(bound, '')}"
    wanted = _KINDS.get(kind)
    if wanted is None:
        message = detail["msg"].removeprefix("Input ").removeprefix("String ")
        return f"the value {message}", "Correct the value"
    value = detail["input"]
    if wanted == "text" and isinstance(value, int):
        written = str(value).lower() if isinstance(value, bool) else str(value)
        return f"{written} is not text", f'Put it in quotes: "{written}"'
    if wanted == "text" and isinstance(value, float):
        return "a number, not text", "Put it in quotes"  # 1.10 is 1.1 by now: not repeated
    if wanted == "text":
        return "not a single text", "Write one word or a text in quotes"
    return f"not {wanted}", _KIND_FIXES[wanted]


def _not_one_of(value: Any, options: Sequence[str]) -> tuple[str, str]:
    choice = f"Write {alternatives(options)}"
    if isinstance(value, dict | list):
        return "not a single word", choice
    fix = suggestion(str(value), options, choice)
    return f"{quoted(str(value))} is not one of {', '.join(options)}", fix


def _unknown_fix(model: type[BaseModel], loc: KeyPath) -> str:
    key, here = str(loc[-1]), known_keys(model, loc[:-1])
    elsewhere = [path for path in _all_keys(model) if path[-1] == key and path != loc]
    if key not in here and elsewhere:
        return f"It belongs at {' or '.join(dotted(path) for path in elsewhere[:2])}"
    return suggestion(key, here, f"Known here: {', '.join(here)}" if here else "Remove it")


def _missing_fix(model: type[BaseModel], loc: KeyPath) -> str:
    key = str(loc[-1])
    annotation: Any = model
    for part in loc[:-1]:
        annotation = _inside(annotation, part)
    bare = _bare(annotation)
    what = _fields(bare)[key].description if _is_model(bare) and key in _fields(bare) else ""
    return f"Add `{key}:`{' - ' + what if what else ''}"


def _all_keys(model: type[BaseModel]) -> Iterator[KeyPath]:
    """Keys at the top and one level below: enough to say where a misplaced one belongs."""
    for key, info in _fields(model).items():
        yield (key,)
        bare = _bare(info.annotation)
        if _is_model(bare):
            yield from ((key, inner) for inner in _fields(bare))


def _fields(model: Any) -> Mapping[str, Any]:
    """The fields by the keys that the file has for them."""
    fields = cast("type[BaseModel]", model).model_fields
    return {info.alias or name: info for name, info in fields.items()}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            inner = [part for part in get_args(annotation) if part is not type(None)]
            if len(inner) != 1:
                return annotation
            annotation = inner[0]
        else:
            return annotation


def _inside(annotation: Any, part: str | int) -> Any:
    """The annotation of the value at `part` of a value of this annotation."""
    bare = _bare(annotation)
    if _is_model(bare):
        info = _fields(bare).get(str(part))
        return info.annotation if info is not None else None
    arguments = get_args(bare)
    if get_origin(bare) is dict and len(arguments) == 2:
        return arguments[1]
    return arguments[0] if get_origin(bare) in (list, tuple) and arguments else None
