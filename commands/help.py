"""What you can do, here and now."""

from opsbot.core.available import available
from opsbot.core.card import Card, Line, Strong, Tone, line
from opsbot.core.nearest import nearest
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.verb import Needs, Reply, Scene, Values, Verb, verb_named


def run(scene: Scene, values: Values) -> Reply:
    """List the verbs that this person may use about this incident in its state, or explain one."""
    asked = str(values.get("verb", "")).strip()
    verb = verb_named(scene.book, asked) if asked else None
    root = scene.rules.commands[0] if scene.rules.commands else "/incident"
    if verb is not None:
        return Reply(card=_one(root, verb))
    lines: list[Line] = []
    if asked:
        close = nearest(asked, [word for one in scene.book for word in one.words])
        meant = f"; did you mean {close}?" if close else ""
        lines.append(line(f"There is no verb “{asked}”{meant}"))
    can, cannot = available(scene)
    lines += [_listed(root, verb) for verb in can]
    lines += [line(f"{verb.name}: {why}", tone=Tone.QUIET) for verb, why in cannot]
    where = f"INC-{scene.incident.number}" if scene.incident else "no incident is open here"
    return Reply(card=Card(header=f"What you can do ({where})", lines=tuple(lines)))


def _listed(root: str, verb: Verb) -> Line:
    words = f" {verb.usage}".rstrip()
    return line(Strong(text=f"{root} {verb.name}"), words, f": {verb.summary}")


def _one(root: str, verb: Verb) -> Card:
    lines = [line(verb.summary), line(Strong(text=f"{root} {verb.name} {verb.usage}".rstrip()))]
    if verb.aliases:
        lines.append(line(f"also typed as {', '.join(verb.aliases)}", tone=Tone.QUIET))
    if verb.needs is Needs.INCIDENT:
        lines.append(line("outside its room, add the number, such as INC-42", tone=Tone.QUIET))
    return Card(header=verb.name, lines=tuple(lines))


VERB = Verb(
    name="help",
    summary="show what you can do here",
    usage="[verb]",
    parameters=(Parameter(name="verb", kind=Kind.TEXT, label="verb"),),
    needs=Needs.NOTHING,
    run=run,
)
