"""The command line: parses arguments, nothing else. Every task is imported when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence

from opsbot import __version__

_DESCRIPTION = "opsbot: an async Slack bot for incident response."


def build_parser() -> argparse.ArgumentParser:
    """The parser of every word and option; docs/cli.md is checked against it."""
    parser = argparse.ArgumentParser(prog="opsbot", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"opsbot {__version__}")
    words = parser.add_subparsers(dest="word", metavar="COMMAND", required=True)
    _beginning(words)
    _serving(words)
    _looking(words)
    _running(words)
    _deciding(words)
    _learning(words)
    _keeping(words)
    return parser


def _task(
    words: argparse._SubParsersAction[argparse.ArgumentParser], word: str, text: str,
    *, task: str = "", config: bool = True,
) -> argparse.ArgumentParser:  # fmt: skip
    parser = words.add_parser(word, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(task=task or f"opsbot.app.tasks.{word}")
    if config:
        parser.add_argument(
            "--config", metavar="FILE", default="",
            help="settings file (default: OPSBOT_CONFIG, then ./opsbot.yaml)",
        )  # fmt: skip
    return parser


def _acts(
    words: argparse._SubParsersAction[argparse.ArgumentParser], word: str, text: str
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """A word that takes a second one, such as `policy test`."""
    parser = words.add_parser(word, help=text, description=text[0].upper() + text[1:] + ".")
    return parser.add_subparsers(dest="act", metavar="COMMAND", required=True)


def _beginning(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = _task(
        words, "init", "draft opsbot.yaml from what PagerDuty and the telemetry know",
        config=False,
    )  # fmt: skip
    init.add_argument(
        "--out", metavar="FILE", default="opsbot.yaml",
        help="the file to write; one that exists is never overwritten unasked "
        "(default: opsbot.yaml)",
    )  # fmt: skip
    init.add_argument("--yes", action="store_true", help="ask nothing: take every default")
    init.add_argument(
        "--from-environment", action="store_true",
        help="ask nothing: take only what the environment says",
    )  # fmt: skip
    manifest = _task(words, "manifest", "print the manifest of the Slack app")
    manifest.add_argument(
        "--format", choices=("yaml", "json"), default="yaml",
        help="yaml has the reason of each permission (default: yaml)",
    )  # fmt: skip
    manifest.add_argument(
        "--http", metavar="URL", default="",
        help="opsbot's public https address, for Slack to call; without it: Socket Mode",
    )  # fmt: skip
    manifest.add_argument("--why", action="store_true", help="print the reasons as a table instead")


def _serving(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _task(words, "serve", "run opsbot until it is told to stop")
    demo = _task(
        words, "demo", "play one whole incident against the sandbox, with no account anywhere",
        task="opsbot.sandbox.demo", config=False,
    )  # fmt: skip
    demo.add_argument("--once", action="store_true", help="play the incident to its end and exit")
    demo.add_argument(
        "--by-hand", action="store_true", help="let nobody respond but you, in the browser"
    )
    demo.add_argument(
        "--pace", metavar="SECONDS", type=_seconds, default=15.0,
        help="how long you have before the company's people act themselves (default: 15)",
    )  # fmt: skip
    demo.add_argument("--report", metavar="FILE", help="write what happened as JSON")
    demo.add_argument(
        "--scenario", metavar="NAME", default="memory-limit",
        help="which story to play; `--scenario list` names them (default: memory-limit)",
    )  # fmt: skip
    demo.add_argument(
        "--out", metavar="DIR", default="opsbot-demo",
        help="where the postmortem is put (default: opsbot-demo)",
    )  # fmt: skip
    demo.add_argument("--seed", type=int, help="seed of the story's noise (default: its own)")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to 600")
    return seconds


def _looking(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = _task(words, "check", "check the settings file, offline, and say what to improve")
    check.add_argument("--json", action="store_true", help="print findings as JSON")
    check.add_argument(
        "--ask", action="store_true",
        help="also ask logs, metrics and traces how many of the services they know",
    )  # fmt: skip
    doctor = _task(words, "doctor", "ask Slack, PagerDuty, the store and every source how they do")
    doctor.add_argument(
        "--write", action="store_true",
        help="also try what leaves a trace: a channel, a press, PagerDuty's test event",
    )  # fmt: skip
    doctor.add_argument("--json", action="store_true", help="print findings as JSON")
    doctor.add_argument(
        "--url", metavar="URL", default="",
        help="opsbot's public https address, when Slack or PagerDuty call it",
    )  # fmt: skip
    replay = _task(words, "replay", "say what would happen for recorded PagerDuty deliveries")
    replay.add_argument("files", nargs="+", metavar="FILE", help="JSON bodies, one or a list each")
    replay.add_argument("--json", action="store_true", help="print decisions as JSON")
    show = _task(words, "show", "print an incident: its card, timeline and evidence")
    show.add_argument("incident", metavar="NUMBER", help="incident number, such as 42 or INC-42")
    show.add_argument("--json", action="store_true", help="print everything as JSON")
    inbox = _task(words, "inbox", "list deliveries that could not be taken")
    inbox.add_argument("--retry", action="store_true", help="take them again")
    schema = _task(words, "schema", "print the JSON Schema of a file", config=False)
    schema.add_argument("what", choices=("config", "runbook"), help="which file")


def _running(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    acts, task = _acts(words, "runbook", "look at runbooks, on paper"), "opsbot.app.tasks.runbook"
    check = _task(acts, "check", "check runbooks and try their examples", task=task)
    check.add_argument(
        "files", metavar="FILE", nargs="*", help="only these files (default: every runbook)"
    )
    listed = _task(acts, "list", "list the runbooks, and whether they can be run here", task=task)
    listed.add_argument("--json", action="store_true", help="print everything as JSON")
    show = _task(acts, "show", "print everything about one runbook", task=task)
    show.add_argument("name", metavar="NAME", help="which runbook")
    show.add_argument("--json", action="store_true", help="print it as JSON")
    run = _task(acts, "run", "show exactly what a run would do; nothing is done", task=task)
    run.add_argument("name", metavar="NAME", help="which runbook")
    run.add_argument("arguments", metavar="NAME=VALUE", nargs="*", help="its arguments")
    run.add_argument(
        "--dry-run", action="store_true", help="required: runs are asked for in Slack alone"
    )
    run.add_argument(
        "--incident", metavar="NUMBER", default="",
        help="the incident it would be for; look-ups find its number and service",
    )  # fmt: skip
    _for_whom(run)
    run.add_argument("--json", action="store_true", help="print it as JSON")
    output = _task(
        acts, "output", "print the whole output of a run that was done",
        task="opsbot.app.tasks.runbook_output",
    )  # fmt: skip
    output.add_argument("incident", metavar="NUMBER", help="the incident, such as 42 or INC-42")
    output.add_argument(
        "run", metavar="RUN", nargs="?", default="",
        help="which of its runs (default: the one that was asked for last, of those that began)",
    )  # fmt: skip
    output.add_argument("--json", action="store_true", help="print it as JSON")


def _for_whom(run: argparse.ArgumentParser) -> None:
    run.add_argument("--as-group", metavar="NAME", action="append", default=[],
                     help="what the policy says to a member of this user group")  # fmt: skip
    run.add_argument("--as-role", metavar="ROLE", action="append", default=[],
                     help="and to who has this role in the incident, such as lead")  # fmt: skip
    run.add_argument("--as-guest", action="store_true", help="and to a guest who was let in")
    run.add_argument("--on-call", action="store_true", help="and to who is on call")
    run.add_argument("--severity", metavar="SEV",
                     help="in which severity (default: the incident's, or unset)")  # fmt: skip
    run.add_argument("--environment", metavar="NAME",
                     help="in which environment (default: as the catalogue says)")  # fmt: skip


def _deciding(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    acts = _acts(words, "policy", "try the policy of runs, without running any")
    test = _task(
        acts, "test", "run a table of cases against the policy", task="opsbot.app.tasks.policy"
    )
    test.add_argument(
        "file", metavar="FILE", nargs="?", default="",
        help="YAML with the cases (default: policy-tests.yaml beside opsbot.yaml)",
    )  # fmt: skip
    test.add_argument("--json", action="store_true", help="print results as JSON")
    explain = _task(
        acts, "explain", "say what the policy would decide on a run, and what it asked on the way",
        task="opsbot.app.tasks.policy",
    )  # fmt: skip
    explain.add_argument("runbook", metavar="RUNBOOK", help="which runbook")
    _about_a_run(explain)


def _about_a_run(explain: argparse.ArgumentParser) -> None:
    explain.add_argument("--service", metavar="NAME", help="the service that is acted on")
    explain.add_argument("--risk", metavar="RISK", help="none, low, medium or high "
                         "(default: as the runbook says)")  # fmt: skip
    explain.add_argument("--environment", metavar="NAME", help="(default: as the catalogue says)")
    explain.add_argument("--severity", metavar="SEV", help="of the incident (default: unset)")
    explain.add_argument("--group", metavar="NAME", action="append", default=[],
                         help="a user group of who asks, by name or id")  # fmt: skip
    explain.add_argument("--role", metavar="ROLE", action="append", default=[],
                         help="a role of who asks, such as lead")  # fmt: skip
    explain.add_argument("--on-call", action="store_true", help="who asks is on call")
    explain.add_argument("--guest", action="store_true", help="who asks is a guest who was let in")
    explain.add_argument("--break-glass", metavar="REASON", help="the reason that is typed")
    explain.add_argument("--at", metavar="TIME", help="local time (default: now)")
    explain.add_argument("--target", metavar="NAME", help="what is acted on (default: the service)")
    explain.add_argument("--cooldown", metavar="TIME", help="(default: the runbook's)")
    explain.add_argument("--json", action="store_true", help="print the decision as JSON")


def _learning(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    acts = _acts(words, "postmortem", "write the postmortem of an incident, or look what it lacks")
    task = "opsbot.app.tasks.postmortem"
    render = _task(acts, "render", "write the postmortem of an incident", task=task)
    render.add_argument("incident", metavar="NUMBER", help="incident number, such as 42 or INC-42")
    render.add_argument(
        "--template", metavar="NAME", default="",
        help="templates/NAME.md.j2 beside opsbot.yaml (default: postmortem)",
    )  # fmt: skip
    render.add_argument(
        "--format", choices=("md", "json", "html"), default="",
        help="only this form (default: md on the terminal, with --out all three)",
    )  # fmt: skip
    render.add_argument(
        "--out", metavar="DIR", default="", help="write files into this folder, with the charts"
    )
    render.add_argument(
        "--as-published", action="store_true",
        help="the newest one as it was written then, byte for byte, instead of a new one",
    )  # fmt: skip
    lint = _task(acts, "lint", "say what the postmortem of an incident still lacks", task=task)
    lint.add_argument("incident", metavar="NUMBER", help="incident number, such as 42 or INC-42")
    lint.add_argument("--json", action="store_true", help="print findings as JSON")


def _keeping(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = _task(words, "verify", "prove that no record was changed")
    verify.add_argument("incident", metavar="NUMBER", nargs="?", help="only this incident")
    verify.add_argument("--json", action="store_true", help="print the result as JSON")
    audit = _task(words, "audit", "print every run with its decision, approvals and outcome")
    audit.add_argument("incident", metavar="NUMBER", nargs="?", help="only this incident")
    audit.add_argument(
        "--days", type=int, metavar="N", help="only runs asked for in the last N days"
    )
    audit.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="how (default: text)"
    )
    audit.add_argument("--out", metavar="FILE", help="write to a file instead")
    _task(words, "rebuild", "recreate every projection from the entries and print differences")
    backup = _task(words, "backup", "copy record and inbox to a folder while opsbot runs")
    backup.add_argument("folder", metavar="FOLDER", help="an empty or new folder")
    backup.add_argument(
        "--portable", action="store_true",
        help="write JSON lines, which restore to SQLite and to PostgreSQL alike",
    )  # fmt: skip
    restore = _task(words, "restore", "put a backup in place; opsbot must not be running")
    restore.add_argument("folder", metavar="FOLDER", help="a folder that `backup` wrote")
    redact = _task(words, "redact", "remove the body of one entry for good")
    redact.add_argument("incident", metavar="NUMBER", help="incident number")
    redact.add_argument("entry", type=int, metavar="ENTRY", help="entry number in the record")
    redact.add_argument("--reason", required=True, help="why; it stays on the record")
    redact.add_argument("--by", default="operator", help="who (default: operator)")
    _task(words, "migrate", "bring the database up to this version")


def _done(arguments: argparse.Namespace) -> int:
    task = importlib.import_module(arguments.task)
    from opsbot.app.store import Unusable

    try:
        return int(task.run(arguments))
    except Unusable as why:
        print(f"opsbot: {why}", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 2


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """What was typed. A runbook's arguments may stand behind options too, where argparse does not
    look for them any more."""
    parser = build_parser()
    arguments, more = parser.parse_known_args(argv)
    if more and (not hasattr(arguments, "arguments") or any(one[:1] == "-" for one in more)):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if more:
        arguments.arguments += more
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code: 0 fine, 1 it failed, 2 it cannot be run so."""
    arguments = _parsed(argv)
    try:
        return _done(arguments)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed again while the rest is tidied up
        return 130
    except BrokenPipeError:  # the reader of our output went away, e.g. `opsbot show 1 | head`
        return 0


if __name__ == "__main__":
    sys.exit(main())
