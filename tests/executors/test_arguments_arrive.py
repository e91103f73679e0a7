"""What somebody typed into a form reaches the real executors as the very same text: one word of a
command, one value of a request, one line that is said; or the run is refused before it acts."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from aiohttp import web

from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Guard, ParameterKind, Risk, Runbook, RunParameter, Step
from opsbot.core.text import inert
from opsbot.executors._call_fields import CallRefused
from opsbot.executors._kubernetes_call import read_call
from opsbot.executors.noop import EXECUTOR as NOOP
from opsbot.executors.process import EXECUTOR as PROCESS
from opsbot.ports import Executor
from opsbot.slack.payloads_claims import words
from tests.commands.office import ANN
from tests.commands.test_run_values import HOSTILE
from tests.commands.works import Works, runbook
from tests.executors.stage import made
from tests.executors.test_http import serving

# As hexadecimal digits: what a step registers is made fit to be read by people.
PRINTS = (
    "import json, os, sys\n"
    "print(json.dumps({'words': ' '.join(os.fsencode(w).hex() for w in sys.argv[1:])}))"
)
WHAT = RunParameter(name="what", kind=ParameterKind.STRING)


def saying(executor: str, call: dict[str, Any]) -> Runbook:
    """A runbook of one step with one argument, that anybody may run."""
    step = Step(name="say", executor=executor, call=call, register=("words",))
    return runbook("say", risk=Risk.NONE, parameters=(WHAT,), verification=None, steps=(step,),
                   guard=Guard(target="nothing"))  # fmt: skip


async def ran(book: Runbook, executor: Executor, said: str) -> Run | None:
    """The run that comes of the form with this in its field; None when nothing was asked for."""
    office = Works(book)
    office.wire(executors={executor.name: executor})
    incident = await office.paged()
    carries = (("do-form", "yes"), ("runbook", "say"))
    await office.pressed("run", incident.id, at=incident.surface.channel_id, carries=carries)
    trigger = office.people.new_trigger(ANN)
    asked = office.slack.submitted(office.form_of(), {"what": said}, ANN, trigger=trigger)
    shown = await office.ask(asked)
    if shown is None or "run:do-way=ask" not in shown.actions:
        assert not await office.run_entries(incident)
        return None
    await office.press_in(shown, "run:do-way=ask")
    return await office.newest(incident)


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_program_gets_it_as_one_word(said: str) -> None:
    """No shell, no template, no option is made of it."""
    argv = [sys.executable, "-IS", "-c", PRINTS, "${what}", "<${what}>"]
    executor = made(PROCESS, {"programs": [sys.executable]})
    run = await ran(saying("process", {"argv": argv, "values": "json"}), executor, said)
    if run is not None:
        text = str(run.plan.arguments["what"])
        assert run.outcome is RunOutcome.SUCCEEDED, run.said
        found = [bytes.fromhex(w) for w in str(run.steps[0].values["words"]).split()]
        assert found == [text.encode(), f"<{text}>".encode()]
        assert text == words(said).strip(" ")


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_request_holds_it_as_one_value(said: str) -> None:
    """In its path, its query, its body and nowhere else; what cannot be a segment is refused."""
    seen: list[tuple[str, dict[str, str], Any]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.path, dict(request.query), await request.json()))
        return web.json_response({})

    async with serving(answer) as (executor, base):
        call = {"method": "POST", "url": base, "path": ["jobs", "${what}"],
                "query": {"q": "${what}"}, "json": {"why": "${what}"}}  # fmt: skip
        run = await ran(saying("http", call), executor, said)
    if run is None:
        assert not seen
        return
    assert run.outcome is RunOutcome.SUCCEEDED, run.said
    text = str(run.plan.arguments["what"])
    assert seen == [(f"/api/jobs/{text}", {"q": text}, {"why": text})]
    assert text == words(said).strip(" ")


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
async def test_what_does_nothing_says_it_as_it_is(said: str) -> None:
    run = await ran(saying("noop", {"say": "${what}"}), made(NOOP), said)
    if run is not None:
        assert run.steps[0].tail == inert(str(run.plan.arguments["what"]), 300)


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_a_cluster_is_never_asked_for_it_unless_it_is_a_name(said: str) -> None:
    """Nothing of the kind leaves its place in an address of the cluster's API."""
    call = {"restart": {"namespace": said, "deployment": said}}
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", said):
        assert read_call(call).target.deployment == said
    else:
        with pytest.raises(CallRefused):
            read_call(call)
