"""Why a service is a suspect: every reason, and what the confidence word means."""

from opsbot.core.card import Card, Line, Tone, line
from opsbot.core.incident_card import reason_pieces
from opsbot.core.suspects import confidence_means
from opsbot.core.text import inert, listed
from opsbot.core.verb import Reply, Scene, Values, Verb, answer


def run(scene: Scene, values: Values) -> Reply:
    """Say the reasons of every suspect, strongest first."""
    ranking = scene.here.ranking
    if ranking is None:
        return Reply(card=answer("Nothing is ranked yet: the evidence is still being asked for."))
    lines: list[Line] = []
    if ranking.verdict:
        lines.append(line(inert(ranking.verdict, 300)))
    for suspect in ranking.suspects:
        lines.append(line(f"{inert(suspect.service, 80)}, {suspect.confidence}", tone=Tone.LOUD))
        lines += [line(*reason_pieces((reason,))) for reason in suspect.reasons]
    if ranking.less_likely:
        lines.append(line("Less likely, because they began after it:", tone=Tone.QUIET))
        lines += [line(*reason_pieces((reason,))) for reason in ranking.less_likely]
    if ranking.unseen:
        lines.append(
            line(f"ranked without {listed(tuple(str(k) for k in ranking.unseen))}", tone=Tone.QUIET)
        )
    lines += [
        line(f"“{confidence}”: {confidence_means(confidence)}", tone=Tone.QUIET)
        for confidence in dict.fromkeys(s.confidence for s in ranking.suspects)
    ]
    return Reply(card=Card(header=f"Suspects of INC-{scene.here.number}", lines=tuple(lines)))


VERB = Verb(name="why", summary="say why a service is suspected", run=run)
