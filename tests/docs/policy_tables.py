"""Tables about policies: opsbot's own rules, and what a case of `opsbot policy test` may say."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel

from opsbot.config.policy_cases import CaseSection, ExpectSection, GivenSection, PastRunSection
from opsbot.core.policy import ALWAYS, PolicyRule, Ruling, When
from opsbot.core.policy_defaults import DEFAULT_RULES
from opsbot.core.policy_who import is_nobody, who_can
from opsbot.core.text import count
from tests.docs.markdown_table import table
from tests.docs.pages import fences, page
from tests.docs.settings_table import fields_table

CASES: dict[str, type[BaseModel]] = {
    "case": CaseSection,
    "given": GivenSection,
    "recent": PastRunSection,
    "expect": ExpectSection,
}


def cases_table(section: str) -> str:
    """The table of one section of a case."""
    return fields_table(CASES[section])


def default_rules_table() -> str:
    """The rules that hold where opsbot.yaml has none that matches, in their order."""
    rows = [
        (str(number), rule.name, _when(rule.when), _then(rule), rule.reason)
        for number, rule in enumerate(DEFAULT_RULES, 1)
    ]
    return table(("", "rule", "when", "then", "why"), rows)


def _when(when: When) -> str:
    """Its conditions; a condition that has no words here would be left out silently."""
    risks, asks = when.risks, when.requester
    assert When(risks=risks, requester=asks) == when
    if when == ALWAYS:
        return "everything else"
    said = [f"the risk is {' or '.join(risks)}"] if risks else []
    said += [f"who asks is {who_can(asks, 'the service')}"] if asks else []
    return ", and ".join(said)


def _then(rule: PolicyRule) -> str:
    if rule.ruling is not Ruling.NEEDS_APPROVAL:
        return rule.ruling
    assert is_nobody(rule.by)
    return f"{count(rule.approvals, 'approval')} by `approvers`"


def explained() -> str:
    """What `opsbot policy explain` says of the worked example on the page, below its table."""
    said = typed_with_the_page("explain")
    return f"```text\n{said.partition(chr(10) * 2)[2].strip()}\n```"


def typed_with_the_page(act: str) -> str:
    """What the `opsbot policy` command of the page says, given the page's own files."""
    held = list(fences(page("docs/policy.md")))
    settings, cases = (fence.text for fence in held if fence.language == "yaml")
    consoles = (fence.text for fence in held if fence.language == "console")
    words = next(shlex.split(text)[1:] for text in consoles if act in text)
    with TemporaryDirectory() as folder:
        config = Path(folder) / "opsbot.yaml"
        config.write_text(settings, "utf-8")
        (Path(folder) / "policy-tests.yaml").write_text(cases, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "opsbot", *words, "--config", str(config)],
            capture_output=True, encoding="utf-8", check=False,
            env={**os.environ, "COLUMNS": "100"},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
