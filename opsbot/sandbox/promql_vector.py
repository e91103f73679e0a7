"""Instant vectors as columns, and PromQL's binary operations between them and scalars.

A column is one series of a result: its labels, and one value (or None) for each time of the grid.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from opsbot.sandbox.promql_ast import COMPARISONS, Binary, Matching, PromqlError
from opsbot.sandbox.series import Sample

Scalar = list[float]
LabelSet = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Column:
    """One series of a result: its labels, and its value at each time of the grid."""

    labels: dict[str, str]
    values: list[Sample]


Vector = list[Column]


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left)


OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    ">": lambda left, right: float(left > right),
    "<": lambda left, right: float(left < right),
    ">=": lambda left, right: float(left >= right),
    "<=": lambda left, right: float(left <= right),
}


def with_scalar(binary: Binary, vector: Vector, scalar: Scalar, *, swapped: bool) -> Vector:
    """Apply an operation between each column and a scalar; `swapped` when the scalar is left."""
    keeps_name = binary.operator in COMPARISONS and not binary.as_bool
    columns: Vector = []
    for column in vector:
        values: list[Sample] = []
        for value, other in zip(column.values, scalar, strict=True):
            left, right = (other, value) if swapped else (value, other)
            values.append(_joined(binary, left, right, kept=value))
        labels = dict(column.labels) if keeps_name else nameless(column.labels)
        columns.append(Column(labels, values))
    return nonempty(columns)


def between_vectors(binary: Binary, left: Vector, right: Vector) -> Vector:
    """Apply an operation between columns paired one to one; raises PromqlError when ambiguous."""
    rights = _paired_by(binary.matching, right)
    lefts = _paired_by(binary.matching, left)
    columns: Vector = []
    for key, members in lefts.items():
        if key not in rights:
            continue
        other = _only(rights[key], key, "right")
        answered = [
            [
                _joined(binary, value, against, kept=value)
                for value, against in zip(member.values, other, strict=True)
            ]
            for member in members
        ]
        if len(members) > 1:
            _only([Column({}, values) for values in answered], key, "left")
        columns += [
            Column(_result_labels(binary, member.labels), values)
            for member, values in zip(members, answered, strict=True)
        ]
    return nonempty(columns)


def nonempty(columns: Iterable[Column]) -> Vector:
    """Give the columns that have a value at any time."""
    return [column for column in columns if any(value is not None for value in column.values)]


def nameless(labels: Mapping[str, str]) -> dict[str, str]:
    """Give the labels without the metric name."""
    return {name: value for name, value in labels.items() if name != "__name__"}


def group_key(labels: Mapping[str, str], chosen: Sequence[str], *, without: bool) -> LabelSet:
    """Give the labels a column is grouped by: the chosen ones, or all but those and the name."""
    if without:
        kept = {n: v for n, v in labels.items() if n not in chosen and n != "__name__"}
    else:
        kept = {name: labels[name] for name in chosen if labels.get(name)}
    return tuple(sorted(kept.items()))


def _joined(binary: Binary, left: Sample, right: Sample, *, kept: Sample) -> Sample:
    if left is None or right is None:
        return None
    value = OPERATIONS[binary.operator](left, right)
    if binary.operator not in COMPARISONS or binary.as_bool:
        return value
    return kept if value else None


def _paired_by(matching: Matching | None, vector: Vector) -> dict[LabelSet, list[Column]]:
    groups: dict[LabelSet, list[Column]] = {}
    for column in vector:
        if matching is not None and matching.on:
            key = group_key(column.labels, matching.labels, without=False)
        else:
            ignored = matching.labels if matching is not None else ()
            key = group_key(column.labels, ignored, without=True)
        groups.setdefault(key, []).append(column)
    return groups


def _only(columns: Sequence[Column], key: LabelSet, side: str) -> list[Sample]:
    """Give the one value a side has at each time; two at once is a many-to-many match."""
    values: list[Sample] = []
    for candidates in zip(*(column.values for column in columns), strict=True):
        present = [value for value in candidates if value is not None]
        if len(present) > 1:
            raise PromqlError(_ambiguity(key, side), kind="execution", status=422)
        values.append(present[0] if present else None)
    return values


def _ambiguity(key: LabelSet, side: str) -> str:
    if side == "left":
        return (
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)"
        )
    group = ", ".join(f'{name}="{value}"' for name, value in key)
    return (
        f"found duplicate series for the match group {{{group}}} on the right hand-side of the "
        "operation; many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _result_labels(binary: Binary, left: Mapping[str, str]) -> dict[str, str]:
    drops_name = binary.operator not in COMPARISONS or binary.as_bool
    labels = nameless(left) if drops_name else dict(left)
    if binary.matching is None:
        return labels
    if binary.matching.on:
        return {name: labels[name] for name in binary.matching.labels if name in labels}
    return {name: v for name, v in labels.items() if name not in binary.matching.labels}
