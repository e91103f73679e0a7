"""A button that answers a question names it: an old one must not answer the next."""

from __future__ import annotations

from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.incident_parts import Question
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.verb import Scene, Values

QUESTION = Parameter(name="question", kind=Kind.ENTRY, label="question")
ANSWERED = "Nothing was done: the question has been answered already."


def open_question(scene: Scene) -> Question | None:
    """The question whether it is over, while nobody has answered it."""
    question = scene.here.questions.get(ALERT_CLEARED)
    return question if question is not None and not question.answer else None


def is_stale(scene: Scene, values: Values) -> bool:
    """Whether the button belongs to a question that is no longer open."""
    named = values.get(QUESTION.name)
    if not isinstance(named, int):
        return False
    question = open_question(scene)
    return question is None or question.seq != named
