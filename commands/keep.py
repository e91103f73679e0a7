"""The alert cleared, but the incident is not over."""

from opsbot.core import entry as e
from opsbot.core.asked_question import ANSWERED, QUESTION, is_stale, open_question
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Answer the question with no."""
    if ALERT_CLEARED not in scene.here.questions:
        return refuse(f"INC-{scene.here.number} is open, and nobody has asked to end it.")
    if open_question(scene) is None or is_stale(scene, values):
        return refuse(ANSWERED)
    fact = Fact(body=e.Answered(question=ALERT_CLEARED, answer="keep_open"))
    return Reply(card=answer(f"INC-{scene.here.number} stays open."), facts=(fact,))


VERB = Verb(
    name="keep", summary="say that the incident goes on", changes=True, hidden=True,
    when_over=False, parameters=(QUESTION,), run=run,
)  # fmt: skip
