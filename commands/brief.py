"""Catch up: where it stands, what was decided, what is left to do, and what happened since you
were here last. Made from the record, without a model."""

from opsbot.core.catch_up import catch_up
from opsbot.core.verb import Reads, Reply, Scene, Values, Verb


def run(scene: Scene, values: Values) -> Reply:
    """Show the brief to the asker alone; that they looked is on no record."""
    return Reply(card=catch_up(scene.here, scene.entries, scene.me.slack_id))


VERB = Verb(
    name="brief",
    aliases=("catchup", "catch-up"),
    summary="catch up: state, decisions, what is left, and what is new to you",
    reads=frozenset({Reads.ENTRIES}),
    run=run,
)
