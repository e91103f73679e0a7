"""The alert cleared, but the incident is not over."""

from opsbot.core import entry as e
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer


def run(scene: Scene, values: Values) -> Reply:
    """Answer the question with no."""
    question = scene.here.questions.get(ALERT_CLEARED)
    if question is None or question.answer:
        return Reply(card=answer("Nothing was done: the question has been answered already."))
    fact = Fact(body=e.Answered(question=ALERT_CLEARED, answer="keep_open"))
    return Reply(card=answer(f"INC-{scene.here.number} stays open."), facts=(fact,))


VERB = Verb(
    name="keep", summary="say that the incident goes on", changes=True, hidden=True,
    when_over=False, run=run,
)  # fmt: skip
