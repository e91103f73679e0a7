"""docs/executors.md says which calls there are, and the Role allows what is asked for, no more."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from opsbot.catalog import executor_names, find_executor
from opsbot.executors._http_call import FIELDS as HTTP_FIELDS
from opsbot.executors._kubernetes_call import Verb
from opsbot.executors._process_call import FIELDS as PROCESS_FIELDS
from opsbot.executors.noop import FIELDS as NOOP_FIELDS
from opsbot.ports import Secret, Succeeded
from tests.docs.pages import code, fences, first_codes, page, rows, section
from tests.executors.kubernetes_rig import CART, UNDO, VALIDATION, at_cluster
from tests.executors.stage import StageSecret, made

TEXT = page("docs/executors.md")
FIELDS = {"process": PROCESS_FIELDS, "http": HTTP_FIELDS, "noop": NOOP_FIELDS,
          "kubernetes": tuple(Verb)}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "process": {"programs": ["deploy"]}, "http": {"hosts": ["https://ci.example.com"]},
    "kubernetes": {"namespaces": ["identity"]}, "noop": {},
}  # fmt: skip
ROLE: Any = yaml.safe_load(next(one.text for one in fences(TEXT) if "kind: Role" in one.text))


def test_every_executor_is_explained_and_every_explained_one_exists() -> None:
    assert sorted(first_codes(TEXT.partition("\n## ")[0])) == sorted(executor_names())


@pytest.mark.parametrize("name", executor_names())
def test_every_field_of_a_call_is_explained_and_no_other(name: str) -> None:
    """Or every verb, of the one whose calls are verbs; the first table below its heading."""
    told = rows(section(TEXT, name).partition("\n**")[0].partition("\n###")[0])
    assert sorted(word for row in told for word in code(row[0])) == sorted(FIELDS[name])


@pytest.mark.parametrize("name", executor_names())
def test_the_call_that_is_shown_can_be_made(name: str) -> None:
    kind = find_executor(name)
    assert kind is not None
    names = ("deploy-token", "ci-token", "ci-key")
    secrets: dict[str, Secret] = {one: StageSecret(name=one) for one in names}
    executor = made(kind, SETTINGS[name], secrets=secrets)
    (shown,) = [one.text for one in fences(section(TEXT, name)) if one.language == "text"]
    assert executor.check(yaml.safe_load(shown)) == ()


async def test_the_role_allows_exactly_what_the_executor_asks_for() -> None:
    """Every verb at the sandbox cluster, planned and done, and what was asked of the API."""
    async with at_cluster() as stage:
        calls: tuple[dict[str, Any], ...] = (
            UNDO, {"restart": VALIDATION}, {"scale": {**CART, "replicas": 7}},
            {"status": CART}, {"diagnostics": CART},
        )  # fmt: skip
        for call in calls:
            assert isinstance(await stage.act(call), Succeeded), call
        asked = {_right(one.method, one.path) for one in stage.server.seen}
    allowed = {
        (group, resource, verb)
        for rule in ROLE["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert asked == allowed


def _right(method: str, path: str) -> tuple[str, str, str]:
    found = re.fullmatch(
        r"/(?:api|apis/(?P<group>\w+))/v\d/namespaces/\w+/(?P<kind>\w+)(?P<name>/[\w-]+)?"
        r"(?P<part>/\w+)?",
        path,
    )
    assert found is not None, path
    verb = "patch" if method == "PATCH" else "get" if found["name"] else "list"
    return found["group"] or "", found["kind"] + (found["part"] or ""), verb
