"""Whatever the file holds, the answer is settings or ConfigInvalid, soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.config import ConfigInvalid, Settings, file
from opsbot.config.document import read_document
from tests.config.vendor import settings_of

ROOT = Path(__file__).parents[2]
KEYS = sorted({*file.ConfigFile.model_fields, "name", "when", "then", "hours", "acme", "token"})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["room", "thread", "P1", "high", "mon-fri", "22:00-06:00", "5m", "2MiB"]),
    st.sampled_from(["C0123ABCDEF", "#x", "https://x.example.com/{service}", "http://[", "<<"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=6)), inner, max_size=6),
    ),
    max_leaves=20,
)

# What both YAML 1.1 (the library that writes) and 1.2 (our reader) hold for the same.
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Nd"]), max_size=8
).filter("<<".__ne__)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


class NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def answer(text: str) -> Settings | ConfigInvalid:
    try:
        return settings_of(text)
    except ConfigInvalid as error:
        return error


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_text_gives_settings_or_problems(text: str) -> None:
    """Nothing else is ever raised, and every problem says what to do."""
    found = answer(text)
    if isinstance(found, ConfigInvalid):
        assert found.problems
        assert all(problem.problem and problem.fix for problem in found.problems)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab:- \n\t[]{}'\"#&*!|>%@`,?<0.", max_size=80))
def test_text_made_of_yaml_signs_gives_settings_or_problems(text: str) -> None:
    found = answer(text)
    assert isinstance(found, Settings) or found.problems


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8))
def test_any_values_below_real_keys_give_settings_or_problems(tree: dict[str, object]) -> None:
    """Wrong types anywhere are mistakes of the file, never of ours."""
    found = answer(yaml.safe_dump(tree))
    assert isinstance(found, Settings) or found.problems


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_every_problem_points_into_the_file(tree: object) -> None:
    """A line that does not exist sends the reader nowhere."""
    text = yaml.safe_dump({"routing": tree, "services": tree, "slack": tree})
    found = answer(text)
    if isinstance(found, ConfigInvalid):
        lines = text.count("\n") + 1
        assert all(0 <= problem.line <= lines for problem in found.problems)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(WORDS, PLAIN, max_size=5))
def test_plain_values_read_as_the_yaml_library_writes_them(tree: dict[str, object]) -> None:
    """Our reader is a reader of YAML, in whatever style it is written."""
    for flow in (True, False):
        text = yaml.dump(tree, Dumper=NoAliases, default_flow_style=flow, allow_unicode=flow)
        assert read_document(text, "opsbot.yaml").root == tree


def read_with(path: Path, parser: object) -> object:
    try:
        return read_document(path.read_text("utf-8"), path.name, parser)
    except ConfigInvalid as error:
        return error.problems


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/config/bad/*")), ids=lambda p: p.stem)
def test_both_parsers_of_the_library_read_the_same(path: Path) -> None:
    """Where the parser in C is missing, values, lines and errors stay as they are."""
    assert read_with(path, yaml.SafeLoader) == read_with(path, yaml.CSafeLoader)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", "alias"),
        ("integrations: " + "[" * 100_000, "deeper"),
        ("integrations: " + "{a: " * 100_000, "deeper"),
        ("services:\n" + "  - {}\n" * 300_000, "longer"),
        ("links: [" + "1," * 250_000 + "1]", "values"),
        ("x: " + "9" * 3_000_000, "longer"),
    ],
    ids=["billion laughs", "lists", "mappings", "long file", "many values", "long number"],
)
def test_a_file_made_to_grow_is_refused_soon(text: str, word: str) -> None:
    """Aliases, depth and size are bounded before anything is built from them."""
    started = time.perf_counter()
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(text)
    assert word in caught.value.problems[0].problem
    assert time.perf_counter() - started < 5


def test_a_thousand_mistakes_are_cut_to_a_readable_list() -> None:
    text = "services:\n" + "".join(f"  s{n}: {{ownr: x}}\n" for n in range(1000))
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(text)
    assert len(caught.value.problems) == 1000
    assert str(caught.value).splitlines()[-1] == "... and 950 more"
