"""Every mistake in a runbook's file is told with its line, its key, what is wrong and the fix."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from opsbot.catalog.runbooks import Executors, parse_runbook
from opsbot.config import ConfigInvalid, ConfigProblem
from opsbot.core.runbook import Condition, Example
from opsbot.core.runbook.number_check import number_flaws
from opsbot.core.runbook.soundness import flaws
from tests.runbooks.files import WHOLE, changed, problems_in, read_text

# what is changed: into what, key, words of the problem, words of the fix
CASES: dict[str, tuple[str, str, str, str, str]] = {
    "title missing": ("title: Move traffic away\n", "", "title", "missing", "Add `title:`"),
    "title of two lines": (
        "title: Move traffic away", 'title: "Move\\ntraffic"', "title", "more than one line",
        "one line",
    ),
    "unknown key": ("guard:", "gaurd:", "gaurd", "unknown key", "Did you mean 'guard'?"),
    "unknown key of a step": (
        "    timeout: 2m", "    timout: 2m", "steps[1].timout", "unknown key",
        "Did you mean 'timeout'?",
    ),
    "unknown key called like ours": (
        "    register: [ready]", "    registr: [ready]", "steps[0].registr", "unknown key",
        "Did you mean 'register'?",
    ),
    "risk that is none": ("risk: low", "risk: lwo", "risk", "'lwo' is not one of", "'low'"),
    "kind that is none": (
        "    kind: number", "    kind: numbr", "parameters.share.kind", "not one of", "'number'",
    ),
    "parameter in capitals": (
        "  side:\n", "  Side:\n", "parameters.Side", "pattern", "Correct",
    ),
    "parameter called like a number": (
        "  share:\n", "  incident:\n", "parameters.incident", "something else", "another name",
    ),
    "parameter that asks for a secret": (
        "  reason:\n", "  api_token:\n", "parameters.api_token", "asks for a secret", "by its name",
    ),
    "service by another name": (
        "  side:\n    kind: choice\n    choices: [left, right]\n    default: left",
        "  side:\n    kind: service",
        "parameters.side", "called `service`", "Name it so",
    ),
    "pattern that takes years": (
        "pattern: '[a-z ]+'", "pattern: '(?=a)a'", "parameters.reason.pattern", "cannot be used",
        "Groups that begin",
    ),
    "pattern of a number": (
        "    max: 1\n", "    max: 1\n    pattern: a\n", "parameters.share.pattern",
        "only a string", "Remove it",
    ),
    "bounds the wrong way round": (
        "    min: 5m\n    max: 2h", "    min: 2h\n    max: 5m",
        "parameters.length.min", "above max", "Swap",
    ),
    "default out of bounds": (
        "    default: 0.5", "    default: 1.5", "parameters.share.default", "is refused",
        "type 0 to 1",
    ),
    "default that is no choice": (
        "    default: left", "    default: lefft", "parameters.side.default", "is refused",
        "Did you mean `left`?",
    ),
    "default duration without unit": (
        "    default: 30m", "    default: 30", "parameters.length.default", "is refused",
        "length of time",
    ),
    "choice without choices": (
        "    choices: [left, right]\n", "", "parameters.side.choices", "`kind: choice`", "List",
    ),
    "executor that is none": (
        "- name: move\n    executor: noop", "- name: move\n    executor: nop", "steps[1].executor",
        "no executor 'nop'", "Did you mean 'noop'?",
    ),
    "call that its executor refuses": (
        'do: { say: "${side}" }', 'do: { sya: "${side}" }', "rollback[0].do", "say is missing",
        "docs",
    ),
    "step twice": ("- name: back", "- name: look", "rollback[0].name", "steps[0]", "its own name"),
    "step called run": ("- name: back", "- name: run", "rollback[0].name", "the run", "Rename"),
    "timeout without unit": (
        "timeout: 2m", "timeout: 120", "steps[1].timeout", "without a unit", "30s, 5m",
    ),
    "timeout too long": (
        "timeout: 2m", "timeout: 2h", "steps[1].timeout", "too large", "at most",
    ),
    "output limit too small": (
        "output_limit: 32KiB", "output_limit: 12", "steps[1].output_limit", "too small", "at least",
    ),
    "look-up of nothing": (
        "say: ${service.name} until", "say: ${service.nmae} until", "steps[1].do.say",
        "nothing fills in `${service.nmae}`", "Did you mean ${service.name}?",
    ),
    "look-up of a step that comes later": (
        'do: { say: "${service}", values', 'do: { say: "${steps.move.x}", values',
        "steps[0].do.say", "registered by no step before", "",
    ),
    "look-up of what was not registered": (
        '"${steps.look.ready}"', '"${steps.look.redy}"', "steps[1].when.value",
        "registered by no step", "Did you mean ${steps.look.ready}?",
    ),
    "look-up that is none": (
        "say: ${service.name} until", "say: ${service name} until", "steps[1].do.say",
        "is no look-up", "$${",
    ),
    "expression": (
        "      why: ${reason}", '      why: "${1 + 1}"', "steps[1].do.why", "is no look-up",
        "Write `${name}`",
    ),
    "look-up that is never closed": (
        "say: ${service.name} until", "say: ${service.name until", "steps[1].do.say",
        "is no look-up", "$${",
    ),
    "look-up of what may be absent": (
        "say: ${service.name} until", "say: ${reason} until", "steps[1].do.say", "may be absent",
        "a default",
    ),
    "look-up in a key": (
        "      why: ${reason}", '      "${side}": x', "steps[1].do.${side}", "a key begins",
        "values only",
    ),
    "after something that is no duration": (
        "${run.after.length}", "${run.after.share}", "steps[1].do.say", "is not known here",
        "kind duration",
    ),
    "target of what comes later": (
        "target: ${service}/traffic", "target: ${run.id}", "guard.target", "is not known here", "",
    ),
    "query outside quotes": (
        'errors{service="${service}"}', "errors{service=${service}}", "verification.query",
        "outside a quoted text", "escaped",
    ),
    "signal and query": (
        "  below: 0.05", "  below: 0.05\n  signal: error_share", "verification", "one of them",
        "error_share",
    ),
    "no bound": ("  below: 0.05\n", "", "verification", "no bound", "below"),
    "never asked": ("  every: 10s", "  every: 5m", "verification.every", "not look", "within"),
    "holds too long": ("holds: 30s", "holds: 1h", "verification.holds", "cannot hold", "within"),
    "offered argument that is none": (
        'arguments: { service: "${offered.service}" }', "arguments: { svc: x }",
        "offered.arguments.svc", "no such parameter", "parameters",
    ),
    "offered when that is none": (
        "when: a suspect", "when: suspect", "offered.when", "not one of", "'a suspect'",
    ),
    "group by name": ("S012AB3CD", "edge-team", "approval.by.groups.edge", "pattern", "Correct"),
    "secret in a call": (
        "      why: ${reason}", "      password: hunter2hunter2", "steps[1].do.password",
        "looks like a secret", "by name",
    ),
    "secret in a text": (
        "      why: ${reason}", "      why: 'Authorization: Bearer abcdef1234567890abcdef'",
        "steps[1].do.why", "looks like a secret", "by name",
    ),
    "secret that an argument would complete": (
        "      why: ${reason}", "      why: 'token=${side}'", "steps[1].do.why",
        "looks like a secret", "by name",
    ),
    "value that sounds like a secret": (
        "register: [ready]", "register: [ready, session_token]", "steps[0].register",
        "sounds like a secret", "something else",
    ),
    "a role that nobody can hold": (
        "roles: [lead]", "roles: [leed]", "approval.by.roles[0]", "there is no role", "lead",
    ),
    "yaml tag": ("risk: low", "risk: !!python/object:os.system low", "risk", "YAML tag", "Remove"),
    "yaml alias": ("owner: edge", "owner: *edge", "owner", "alias", "Write the value out"),
    "no number in a call": (
        "      why: ${reason}", "      why: .nan", "steps[1].do.why", ".nan is a number",
        "in quotes",
    ),
    "no number in a list of a call": (
        "      why: ${reason}", "      why: [1, -.inf]", "steps[1].do.why", "-.inf is a number",
        "digits",
    ),
    "default without end": (
        "    default: 0.5", "    default: .inf", "parameters.share.default",
        "nothing can be set to", "digits",
    ),
    "bound that is no number": (
        "    min: 0\n", "    min: .NaN\n", "parameters.share.min",
        "nothing can be set to", "digits",
    ),
    "example with no number": (
        "    arguments: { service: checkout-api }",
        "    arguments: { service: checkout-api }\n    renders: [{ say: .nan }, { say: x }]",
        "examples[0].renders[0].say", "nothing can be set to", "quotes",
    ),
    "key twice": ("owner: edge", "owner: edge\nowner: sre", "owner", "written twice", "Remove one"),
    "more than one document": ("risk: low", "risk: low\n---", "", "second YAML document", "Remove"),
    "more choices than a form holds": (
        "    choices: [left, right]", f"    choices: [{', '.join(f'left{n}' for n in range(101))}]",
        "parameters.side.choices", "too many", "100",
    ),
    "more choices than all of a form holds": (
        "  side:\n", "".join(
            f"  side{n}: {{ kind: choice, choices: [{', '.join(f'c{m}' for m in range(70))}] }}\n"
            for n in range(3)
        ) + "  side:\n",
        "parameters", "more than 200 choices", "pattern",
    ),
    "more steps than anybody reads": (
        "steps:\n", "steps:\n" + "".join(
            f"  - {{ name: s{n}, executor: noop, do: {{ say: x }} }}\n" for n in range(30)
        ),
        "steps", "too many", "30",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_with_its_key_and_its_fix(name: str) -> None:
    """In the words of a person who did not write opsbot."""
    old, new, key, problem, fix = CASES[name]
    told = problems_in(changed(old, new))
    about = [one for one in told if one.key == key]
    assert about, [str(one) for one in told]
    assert problem in about[0].problem
    assert fix.lower() in about[0].fix.lower()
    assert about[0].file == "runbooks/move-traffic.yaml"
    assert about[0].line or name == "title missing"


@pytest.mark.parametrize(
    ("executor", "call", "reads"),
    [
        ("kubernetes", "diagnostics: { namespace: a, deployment: b }", True),
        ("kubernetes", "restart: { namespace: a, deployment: b }", False),
        ("http", "method: GET, url: 'https://ci.example.com'", True),
        ("http", "method: POST, url: 'https://ci.example.com'", False),
        ("noop", "say: hello", True),
    ],
)
def test_a_runbook_that_changes_something_cannot_call_itself_reading(
    executor: str, call: str, reads: bool
) -> None:
    """What only reads goes through freezes, and anybody may run it."""
    text = "title: x\nowner: a\nrisk: none\nsteps:\n  - name: s\n"
    text += f"    executor: {executor}\n    do: {{ {call} }}\n"
    everything: Executors = dict.fromkeys(("noop", "http", "kubernetes"), lambda call: ())
    told: tuple[ConfigProblem, ...] = ()
    try:
        parse_runbook(text, "x-y", "x-y.yaml", everything)
    except ConfigInvalid as invalid:
        told = invalid.problems
    assert [one.key for one in told] == ([] if reads else ["steps[0].do"])
    parse_runbook(text.replace("none", "low"), "x-y", "x-y.yaml", everything)


def test_the_line_is_the_one_of_the_mistake() -> None:
    (problem,) = problems_in(changed("      why: ${reason}", "      why: ${resaon}"))
    assert problem.line == WHOLE[: WHOLE.index("      why: ")].count("\n") + 1


def test_all_mistakes_are_told_at_once() -> None:
    text = changed("risk: low", "risk: lwo").replace("timeout: 2m", "timeout: soon")
    assert [one.key for one in problems_in(text)] == ["risk", "steps[1].timeout"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "title: [" * 5_000,
        "a: &a [x]\nb: [*a, *a]",
        "{" * 200,
        "title: \x00",
        "steps: " + "[" * 100 + "]" * 100,
    ],
)
def test_text_that_is_no_runbook_is_refused_and_nothing_grows(text: str) -> None:
    assert problems_in(text)


def test_a_text_that_looks_like_no_number_is_a_text_in_quotes() -> None:
    """As the cure says."""
    assert problems_in(changed("      why: ${reason}", '      why: ".nan"')) == ()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_found_wherever_it_stands(number: float) -> None:
    """A run with one could not be hashed: rendering it raises."""
    sound = read_text(WHOLE)
    (first, *others), (share, *_) = sound.steps, (p for p in sound.parameters if p.name == "share")
    deep = {"say": "x", "values": {"n": [1, {"m": number}]}}
    example = Example(name="x", arguments={}, surroundings={"service.tier": number},
                      renders=({"n": number},))  # fmt: skip
    assert sound.verification is not None
    bad = replace(
        sound, steps=(replace(first, call=deep), *others), examples=(example,),
        parameters=(replace(share, default=number, minimum=number, maximum=number),),
        rollback=(replace(first, when=Condition(value="x", equals=number)),),
        verification=replace(sound.verification, above=number),
    )  # fmt: skip
    assert [one.path for one in number_flaws(bad)] == [
        ("parameters", "share", "min"), ("parameters", "share", "max"),
        ("parameters", "share", "default"), ("steps", 0, "do", "values", "n", 1, "m"),
        ("rollback", 0, "when", "equals"), ("verification", "above"),
        ("examples", 0, "surroundings", "service.tier"), ("examples", 0, "renders", 0, "n"),
    ]  # fmt: skip
    assert set(number_flaws(bad)) <= set(flaws(bad))
    assert tuple(number_flaws(sound)) == ()


def test_the_whole_file_is_right() -> None:
    """Otherwise the table above proves nothing."""
    assert problems_in(WHOLE) == ()
