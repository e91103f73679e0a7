"""Says what came of a run whose outcome nobody knew; reached by the run's own message."""

from opsbot.core import entry as e
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.run_entry import RunOutcome
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Put a person's finding on the record, once."""
    run = scene.here.runs.get(str(values.get("run", "")))
    if run is None or run.outcome is not RunOutcome.UNKNOWN:
        return refuse("There is no such run whose outcome is unknown.")
    if run.judged is not None:
        return refuse("Somebody has looked already; the run's message says what they found.")
    happened = values.get("found") == "done"
    fact = e.RunJudged(run_id=run.run_id, happened=happened)
    said = "It was done." if happened else "It was not done; ask for it again if you still want it."
    return Reply(card=answer(said), facts=(Fact(body=fact, key=f"run:{run.run_id}:judged"),))


VERB = Verb(
    name="judge",
    summary="say what came of a run whose outcome is unknown",
    parameters=(
        Parameter(name="found", kind=Kind.CHOICE, label="what came of it", required=True,
                  choices=("done", "not-done")),
        Parameter(name="run", kind=Kind.TEXT, label="run", required=True),
    ),
    changes=True,
    hidden=True,
    run=run,
)  # fmt: skip
