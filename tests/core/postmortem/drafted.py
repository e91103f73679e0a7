"""A document as the tests look at it: all its sentences, and those of one part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, cast

from opsbot.core.postmortem import Postmortem, Sentence
from opsbot.core.postmortem.draft import postmortem
from tests.documents.pen import Pen


def drafted(pen: Pen) -> Postmortem:
    """The document of a record."""
    return postmortem(pen.incident, pen.entries)


def text(sentences: Iterable[Sentence]) -> str:
    """Sentences as a reader sees them."""
    return " ".join(sentence.text for sentence in sentences)


def sentences(value: Any) -> list[Sentence]:
    """Every sentence anywhere in a value."""
    if isinstance(value, Sentence):
        return [value]
    if isinstance(value, tuple | list):
        return [one for held in cast("tuple[Any, ...]", value) for one in sentences(held)]
    if is_dataclass(value):
        return [one for field in fields(value) for one in sentences(getattr(value, field.name))]
    return []
