"""docs/doctor.md names every check, every variable and every verdict, and no other."""

from __future__ import annotations

from pathlib import Path

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Means, Verdict, open_means, plan
from opsbot.app.doctor.store import LITTLE, MIB, TOO_LITTLE
from opsbot.app.draft.interview import VARIABLES
from opsbot.catalog import executor_names, find_executor, find_integration, integration_names
from opsbot.config import parse
from opsbot.integrations.folder.inspection import LEAST_FREE
from opsbot.sandbox.stage import secrets
from tests.docs.pages import code, page, rows, section

TEXT = page("docs/doctor.md")
EVERYTHING = """\
slack: {shadow_channel: C0EXAMPLE03}
integrations:
  pagerduty:
  prometheus: {url: "http://127.0.0.1:1"}
  loki: {url: "http://127.0.0.1:1"}
  github: {postmortems: {repository: acorn/postmortems}}
  folder:
executors:
  kubernetes: {namespaces: [identity]}
  http: {hosts: ["http://127.0.0.1:1"]}
  process: {programs: [env]}
  noop:
"""


async def test_every_check_is_explained_and_every_explained_one_exists() -> None:
    settings = parse(EVERYTHING, Path("x.yaml"), secrets(), find_integration, integration_names(),
                     find_executor, executor_names())  # fmt: skip
    async with open_means(settings, SystemClock()) as means:
        names = {check.name for check in plan(means)}
    sources = {name for name in names if name.startswith("evidence.")}
    assert sources == {f"evidence.{one}" for one in ("pagerduty", "prometheus", "loki", "github")}
    table = rows(section(TEXT, "Ask everybody: opsbot doctor").partition("###")[0])
    named = {word for row in table for word in code(row[0])}
    assert named == names - sources | {"evidence.SOURCE"}


def test_every_variable_of_init_is_explained() -> None:
    table = rows(section(TEXT, "Draft opsbot.yaml: opsbot init"))
    assert {word for row in table for word in code(row[0])} == set(VARIABLES.values())


def test_every_verdict_and_bound_is_what_the_code_says() -> None:
    assert all(f"`{verdict}`" in TEXT for verdict in Verdict)
    assert (LITTLE // MIB, TOO_LITTLE // MIB, LEAST_FREE // MIB) == (1024, 100, 100)
    assert "at most 40" in TEXT
    assert Means.__dataclass_fields__["most_people"].default == 40
