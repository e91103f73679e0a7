"""The process executor keeps the contract, on real programs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from opsbot.executors.process import EXECUTOR
from opsbot.ports import Executor, Failed, Succeeded
from tests.executors.contract import Call, HangingContract, SecretiveContract, TalkingContract
from tests.executors.stage import SECRET, Acting, StageSecret, made

PYTHON = sys.executable
FAST = ["-I", "-S", "-c"]  # a start without site-packages takes a third of the time


def process(**settings: Any) -> Executor:
    """The executor with Python as the one program that is allowed."""
    given = {"programs": [PYTHON], "grace_seconds": 0.3, **settings}
    return made(EXECUTOR, given, secrets={"deploy-token": StageSecret()})


def python(code: str, *arguments: str, **more: Any) -> Call:
    """A call of Python."""
    return {"argv": [PYTHON, *FAST, code, *arguments], **more}


def is_running(pid: int) -> bool:
    """Whether a process is there and no mere entry that waits to be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestProcess(TalkingContract, HangingContract, SecretiveContract):
    name = "process"
    hangs_for = 0.7

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.trace, self.pids = tmp_path / "trace", tmp_path / "pids"

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        yield process()

    def good(self) -> Call:
        code = "import sys; open(sys.argv[1], 'ab').write(b'.')"
        return python(
            code, str(self.trace), env={"REGION": "eu"}, stdin="yes", cwd="/",
            secrets={"TOKEN": "deploy-token"},
        )  # fmt: skip

    def never(self) -> Sequence[Call]:
        return [
            {},
            {"argv": []},
            {"argv": "rm -rf /"},
            {"argv": [PYTHON, {"a": 1}]},
            {"argv": [PYTHON, None]},
            {"argv": ["rm", "-rf", "/"]},
            {"argv": ["./deploy"]},
            {"argv": [PYTHON], "shell": True},
            {"argv": [PYTHON], "cwd": "here"},
            {"argv": [PYTHON], "cwd": "/srv/../etc"},
            {"argv": [PYTHON], "env": {"A=B": "c"}},
            {"argv": [PYTHON], "env": {"LD_PRELOAD": "/srv/x.so"}},
            {"argv": [PYTHON], "secrets": {"PATH": "deploy-token"}},
            {"argv": [PYTHON], "secrets": {"TOKEN": 7}},
            {"argv": [PYTHON], "env": {"TOKEN": "x"}, "secrets": {"TOKEN": "deploy-token"}},
            {"argv": [PYTHON], "values": "yaml"},
            {"argv": [PYTHON, "a\x00b"]},
            {"argv": [PYTHON, "x" * 1_000_000]},
            {"argv": [PYTHON, "\ud800"]},
        ]

    def effects(self) -> int:
        return self.trace.stat().st_size if self.trace.exists() else 0

    def talking(self, lines: Sequence[str]) -> Call:
        return python("import sys; sys.stdout.write(sys.stdin.read())", stdin="\n".join(lines))

    def hanging(self) -> Call:
        code = (
            "import os, sys, time\n"
            "child = os.fork()\n"
            "open(sys.argv[1], 'a').write(f'{os.getpid()} ')\n"
            "time.sleep(60)\n"
        )
        return python(code, str(self.pids))

    def left_running(self) -> int:
        pids = self.pids.read_text().split()
        assert len(pids) == 2
        return sum(is_running(int(pid)) for pid in pids)

    def telling_secret(self) -> Call:
        code = "import os; print('token', os.environ['TOKEN'])"
        return python(code, secrets={"TOKEN": "deploy-token"})


async def out_of(call: Call, executor: Executor | None = None, **bounds: Any) -> Succeeded:
    outcome = await Acting(executor or process()).out(call, **bounds)
    assert isinstance(outcome, Succeeded), outcome
    return outcome


async def test_words_reach_the_program_one_by_one_as_they_are() -> None:
    """No shell reads them: nothing in them is a command, a variable, a pattern or a template."""
    words = [
        "$(id)", "`id`", "a b", "'", '"', "a\nb", "; id", "&& id", "| id", "> /tmp/x", "*",
        "$HOME", "~", "{{ 7 * 7 }}", "${x}", "%s", "\\", "-rf", "--", "", "\u202e", "äöü", "\x1b[m",
    ]  # fmt: skip
    code = "import json, sys; print(json.dumps({'words': json.dumps(sys.argv[1:])}))"
    outcome = await out_of(python(code, *words, values="json"))
    assert json.loads(str(outcome.values["words"])) == words


async def test_the_environment_holds_what_the_call_names_and_nothing_of_ours() -> None:
    """A token in our own environment is not the program's business."""
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    os.environ["OPSBOT_TEST_TOKEN"] = "not for children"
    try:
        given = {"env": {"REGION": "eu", "COUNT": 3}, "secrets": {"TOKEN": "deploy-token"}}
        outcome = await out_of(python(code, **given))
    finally:
        del os.environ["OPSBOT_TEST_TOKEN"]
    seen = json.loads(outcome.output)
    ours = {"PATH", "LANG", "HOME", "TMPDIR"}
    assert set(seen) - {"LC_CTYPE"} == ours | {"REGION", "COUNT", "TOKEN"}
    assert seen["PATH"] == "/usr/local/bin:/usr/bin:/bin"
    assert (seen["REGION"], seen["COUNT"]) == ("eu", "3")
    assert seen["HOME"] == seen["TMPDIR"] != os.environ.get("HOME")


async def test_it_runs_in_a_folder_of_its_own_that_is_gone_afterwards() -> None:
    code = "import os; open('left', 'w'); print(os.getcwd()); print(sorted(os.listdir('.')))"
    outcome = await out_of(python(code))
    folder, held = outcome.output.split("\n")
    assert held == "['left']"
    assert not await asyncio.to_thread(Path(folder).exists)


async def test_a_program_may_have_a_folder_and_text_typed_in(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), sys.stdin.read().upper())"
    outcome = await out_of(python(code, cwd=str(tmp_path), stdin="yes\x00"))
    assert outcome.output == f"{tmp_path} YES"


async def test_without_text_nothing_is_typed_in() -> None:
    """A program that asks a question gets the end of its input rather than our terminal."""
    assert (await out_of(python("import sys; print(repr(sys.stdin.read()))"))).output == "''"


async def test_an_exit_code_is_the_programs_own_verdict() -> None:
    code = "import sys; print('no such deployment', file=sys.stderr); sys.exit(3)"
    outcome = await Acting(process()).out(python(code))
    assert isinstance(outcome, Failed)
    assert "failed with exit code 3: no such deployment" in outcome.said
    assert outcome.output == "no such deployment"


async def test_a_program_is_found_by_its_name_where_the_settings_say(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    deploy.write_text(f"#!{PYTHON} -IS\nprint('deployed')\n")
    deploy.chmod(0o755)
    executor = process(programs=["deploy"], path=[str(tmp_path)])
    assert (await out_of({"argv": ["deploy"]}, executor)).output == "deployed"
    plan = await executor.plan({"argv": ["deploy"]})
    assert (plan.refused, plan.binding) == ("", {"program": str(deploy)})


async def test_another_program_of_that_name_since_the_approval_is_not_started(
    tmp_path: Path,
) -> None:
    """What was approved is a program, and not a name."""
    (tmp_path / "late").mkdir()
    for folder in (tmp_path, tmp_path / "late"):
        (folder / "deploy").write_text(f"#!{PYTHON} -IS\n")
    (tmp_path / "deploy").chmod(0o755)
    executor = process(programs=["deploy"], path=[str(tmp_path / "late"), str(tmp_path)])
    plan = await executor.plan({"argv": ["deploy"]})
    (tmp_path / "late" / "deploy").chmod(0o755)
    outcome = await Acting(executor).out({"argv": ["deploy"]}, plan.binding)
    assert isinstance(outcome, Failed)
    assert "by now, and was" in outcome.said


async def test_what_cannot_be_started_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    outcome = await Acting(process(programs=[str(broken)])).out({"argv": [str(broken)]})
    assert isinstance(outcome, Failed)
    assert "cannot be started: Exec format error" in outcome.said


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('{"image": "cart:1.2", "pods": 3, "share": 0.5, "ready": true}',
         {"image": "cart:1.2", "pods": 3, "share": 0.5, "ready": True}),
        ('{"list": [1], "none": null, "deep": {}, "much": 1e999, "big": ' + "9" * 40 + "}", {}),
        ("[1, 2]", {}), ("done", {}), ("{", {}), ("[" * 5_000, {}), ("9" * 5_000, {}),
    ],
)  # fmt: skip
async def test_values_are_the_scalars_of_the_last_line(line: str, values: dict[str, Any]) -> None:
    """Anything else than a JSON object gives none, and the outcome says so."""
    code = "import sys; print('working'); print(sys.stdin.read())"
    outcome = await out_of(python(code, stdin=line, values="json"))
    assert outcome.values == values
    assert ("no values were taken" in outcome.said) == (not line.endswith("}"))


async def test_the_plan_is_the_command_word_by_word() -> None:
    call = {
        "argv": [PYTHON, "deploy.py", "--to", "v 1", "--", "it's", "a\nb\u202e"],
        "env": {"REGION": "eu west"}, "secrets": {"TOKEN": "deploy-token"}, "stdin": "y",
        "cwd": "/",
    }  # fmt: skip
    plan = await process().plan(call)
    assert plan.shown == (
        f"{PYTHON} deploy.py --to 'v 1' -- 'it'\"'\"'s' $'a\\nb\\U0000202e' "
        "(on opsbot's machine, in /, REGION='eu west', $TOKEN from secret deploy-token, stdin y)"
    )


async def test_a_long_word_is_shown_with_its_digest() -> None:
    plan = await process().plan({"argv": [PYTHON, "x" * 100_000]})
    assert len(plan.shown) < 1_000
    assert "[... 100,000 characters, SHA-256 " in plan.shown


async def test_a_secret_that_cannot_be_read_is_said_before_and_stops_the_act() -> None:
    executor = made(EXECUTOR, {"programs": [PYTHON]}, secrets={"deploy-token": StageSecret(None)})
    call = python("open('/dev/null')", secrets={"TOKEN": "deploy-token"})
    plan = await executor.plan(call)
    assert plan.warnings == (
        "the secret deploy-token cannot be read now: deploy-token: the file is gone",
    )
    outcome = await Acting(executor).out(call)
    assert isinstance(outcome, Failed)
    assert "nothing was started" in outcome.said


@pytest.mark.parametrize("place", ["argv", "env", "stdin"])
async def test_the_text_of_a_secret_in_a_call_is_refused(place: str) -> None:
    """Arguments are read by everybody on the machine, and the preview by the whole room."""
    call = python("pass", **({"env": {"A": f"x{SECRET}"}} if place == "env" else {}))
    call |= {"stdin": SECRET} if place == "stdin" else {}
    call["argv"] += [f"--token={SECRET}"] if place == "argv" else []
    plan = await process().plan(call)
    outcome = await Acting(process()).out(call)
    assert "deploy-token stands in the call" in plan.refused
    assert isinstance(outcome, Failed)
    assert SECRET not in repr((plan, outcome))


async def test_a_value_that_is_not_known_yet_is_shown_and_not_done() -> None:
    call = {"argv": [PYTHON, "--", {"$from": "build.image"}, {"$text": ["v", {"$from": "a.b"}]}]}
    plan = await process().plan(call)
    assert "'${build.image}' 'v${a.b}'" in plan.shown
    outcome = await Acting(process()).out(call)
    assert isinstance(outcome, Failed)
    assert "not known" in outcome.said
