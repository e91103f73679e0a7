"""What a runbook may ask of the process executor, and what it is told beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.executors.process import EXECUTOR
from opsbot.ports import Failed
from tests.executors.stage import Acting, StageSecret, made

SETTINGS = {"programs": ["deploy", "python3", "/opt/tools/drain"]}


def problems(*argv: Any, **more: Any) -> tuple[str, ...]:
    executor = made(EXECUTOR, SETTINGS, secrets={"deploy-token": StageSecret()})
    return executor.check({"argv": list(argv), **more})


@pytest.mark.parametrize(
    "argv",
    [
        ["deploy", "--", "${service}"],
        ["deploy", "--service=${service}", "--", "${service}", "${version}"],
        ["deploy", "--service", "name-${service}"],
        ["deploy", "-n${count}"],
        ["/opt/tools/drain", "--", "${service}"],
        ["python3", "deploy.py", "--", "${service}"],
        ["python3", "-c", "import sys; print(sys.argv[1])", "--", "${service}"],
        ["deploy", "$${not a look-up}"],
        ["deploy", 3, True, 0.5],
    ],
)
def test_look_ups_may_stand_where_they_can_only_be_values(argv: list[Any]) -> None:
    assert problems(*argv) == ()


@pytest.mark.parametrize(
    "argv",
    [
        ["deploy", "${service}"],
        ["deploy", "${service}-blue"],
        ["deploy", "--service", "${service}"],
        ["deploy", "--${option}"],
        ["deploy", "-${option}"],
        ["deploy", "${service}", "--"],
    ],
)
def test_a_look_up_that_could_be_taken_for_an_option_is_told(argv: list[str]) -> None:
    """A service called `--force` is a service."""
    (problem,) = problems(*argv)
    assert "write `--` before it" in problem


@pytest.mark.parametrize(
    "argv",
    [
        *(["python3", option, "print('${x}')"] for option in ("-c", "-Ic", "-e", "--eval")),
        ["python3", "-cprint('${x}')"],
        ["node", "--eval=${x}"],
        ["python3", "--", "${file}"],  # whatever file somebody names
        ["sed", "-i", "s/a/${x}/", "notes.txt"],
        ["kubectl", "exec", "cart-0", "--", "sh", "-c", "rm ${x}"],
        ["docker", "exec", "cart", "bash", "-lc", "echo ${x}"],
        ["timeout", "5", "python3", "-c", "print('${x}')"],
        ["env", "A=1", "perl", "-e", "print '${x}'"],
        ["ssh", "host", "--", "systemctl restart ${x}"],  # a shell on the other side reads it
        ["watch", "--", "ls ${x}"],
    ],
)
def test_a_look_up_in_code_is_told(argv: list[str]) -> None:
    """An interpreter, or a shell further on, would run whatever somebody types into the form."""
    assert any("stands in code" in problem for problem in problems(*argv))


@pytest.mark.parametrize("argv", [["sudo", "--", "${x}"], ["timeout", "5s", "--", "${x}"]])
def test_a_program_behind_another_one_is_written_out(argv: list[str]) -> None:
    """Allowing `sudo` does not allow whatever somebody types behind it."""
    assert any("the program has to be written out" in problem for problem in problems(*argv))


@pytest.mark.parametrize(
    "argv",
    [
        ["python3", "deploy.py", "--", "${x}"],
        ["kubectl", "get", "node", "--", "${x}"],
        ["bash", "-c", "deploy", "--", "${x}"],
        ["env", "A=${x}", "deploy"],
        ["awk", "-v", "name=${x}", "{print name}"],
        ["ssh", "--", "${x}", "uptime"],
    ],
)
def test_a_look_up_that_is_handed_over_is_no_code(argv: list[str]) -> None:
    assert not any("look-up" in problem for problem in problems(*argv))


def test_the_program_and_the_folder_are_written_out() -> None:
    assert "the program has to be written out" in problems("${program}")[0]
    assert "cwd: write an absolute path" in problems("deploy", cwd="/srv/${service}")[0]


@pytest.mark.parametrize(
    "more",
    [
        {"env": {"TOKEN": "${secrets.deploy-token}"}},
        {"stdin": "x ${secret.deploy-token}"},
        {"secrets": {"TOKEN": "${name}"}},
    ],
)
def test_no_look_up_asks_for_a_secret(more: dict[str, Any]) -> None:
    assert any("secret" in problem for problem in problems("deploy", **more))
    assert any("secret" in p for p in problems("deploy", "--", "${ secrets.deploy-token }"))


def test_a_secret_is_named_by_one_that_is_configured() -> None:
    assert problems("deploy", secrets={"TOKEN": "deploy-token"}) == ()
    (problem,) = problems("deploy", secrets={"TOKEN": "deploy-tokn"})
    assert problem == "no secret is called 'deploy-tokn'; did you mean 'deploy-token'?"


async def test_names_of_secrets_may_come_as_a_rendered_run_keeps_them() -> None:
    """The record's scrubber takes out what stands behind a key that sounds like a secret."""
    call = {"argv": ["deploy"], "secrets": {"$names": [["TOKEN", "deploy-token"]]}}
    executor = made(
        EXECUTOR, {"programs": ["deploy"], "path": ["/nowhere"]},
        secrets={"deploy-token": StageSecret()},
    )  # fmt: skip
    assert "there is no program 'deploy' in /nowhere" in (await executor.plan(call)).refused


@pytest.mark.parametrize(
    "name",
    ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "IFS", "PYTHONPATH", "NODE_OPTIONS",
     "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND", "BASH_FUNC_id%%"],
)  # fmt: skip
def test_variables_that_decide_which_code_runs_are_not_a_calls_to_set(name: str) -> None:
    assert len(problems("deploy", env={name: "x"})) == 1


@pytest.mark.parametrize("program", ["rm", "./deploy", "/usr/bin/deploy", "deploy ", "Deploy"])
def test_only_what_is_allowed_is_started_written_as_it_is_allowed(program: str) -> None:
    (problem,) = problems(program)
    assert "is not allowed; add it to executors.process.programs" in problem


async def test_nothing_is_allowed_until_somebody_allows_it() -> None:
    executor = made(EXECUTOR, {})
    (problem,) = executor.check({"argv": ["/bin/true"]})
    outcome = await Acting(executor).out({"argv": ["/bin/true"]})
    assert isinstance(outcome, Failed)
    for said in (problem, outcome.said):
        assert "no program is allowed yet" in said
        assert "executors.process.programs in opsbot.yaml" in said


def test_a_mistyped_field_is_told_with_the_one_that_was_meant() -> None:
    (problem,) = problems("deploy", enviroment={}, env={})
    assert "no field is called 'enviroment'" in problem
    assert "did you mean `secrets`?" in problems("deploy", secret={"TOKEN": "deploy-token"})[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"programs": ["bash"]}, "is a shell"),
        ({"programs": ["/bin/sh"]}, "is a shell"),
        ({"programs": ["./deploy"]}, "absolute path"),
        ({"programs": ["/opt/../bin/sh2"]}, "absolute path"),
        ({"programs": [""]}, "absolute path"),
        ({"path": ["bin"]}, "absolute path"),
        ({"path": ["/a:/b"]}, "absolute path"),
    ],
)
def test_settings_refuse_what_would_allow_everything(settings: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EXECUTOR.settings.model_validate(settings)


def test_one_program_may_be_written_without_a_list() -> None:
    assert EXECUTOR.settings.model_validate({"programs": "deploy"}).model_dump()["programs"] == (
        "deploy",
    )
