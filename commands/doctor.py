"""Ask the real systems whether opsbot can work with them; the answer comes when they answered."""

from types import MappingProxyType

from opsbot.core.unfolding import Owed
from opsbot.core.verb import Needs, Reply, Scene, Values, Verb, answer


def run(scene: Scene, values: Values) -> Reply:
    """Owe the examination; it is told to the caller alone."""
    asked = scene.asked
    where = {"user": asked.caller.user_id, "channel": asked.place.channel_id}
    owed = Owed(purpose="doctor", key=f"doctor:{asked.id}", due_at=scene.now,
                arguments=MappingProxyType(where))  # fmt: skip
    said = answer("Asking Slack, PagerDuty, the store and every source; the answer comes here.")
    return Reply(card=said, owed=(owed,))


VERB = Verb(
    name="doctor", summary="check that everything opsbot needs is there", needs=Needs.NOTHING,
    run=run,
)  # fmt: skip
