"""Every source against good answers with one value replaced by anything: it must still be read.

`reported` turns any mistake of ours into a gap, so a report alone proves nothing; what is asked
here is that the gap "could not be understood" never appears.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.integrations._foreign_json import items, mapping
from opsbot.ports import Http, HttpAnswer
from tests.integrations import (
    test_github,
    test_loki,
    test_pagerduty_source,
    test_prometheus,
    test_tempo,
)
from tests.integrations.contract import SourceContract
from tests.integrations.stage import TOKEN, outgoing, playing, source_of, wiring

CONTRACTS: Mapping[str, type[SourceContract]] = {
    "prometheus": test_prometheus.TestPrometheusContract,
    "loki": test_loki.TestLokiContract,
    "tempo": test_tempo.TestTempoContract,
    "github": test_github.TestGitHubContract,
    "pagerduty": test_pagerduty_source.TestPagerDutyContract,
}
VENDOR = "http://vendor.example"
Key = tuple[str, tuple[tuple[str, str], ...]]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**30, -1, 1e308, "NaN", "9" * 30, "", "\udcff", "\u202e", [], {}, [[]]]),
    st.text(max_size=20),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers() | st.none(), max_size=2),
)


@dataclass
class Recording:
    """The Http port with a memory: passes calls on and keeps the answers."""

    http: Http
    kept: dict[Key, HttpAnswer] = field(default_factory=dict[Key, HttpAnswer])

    async def request(
        self, method: str, url: str, *, params: Sequence[tuple[str, str]] = (), **more: Any
    ) -> HttpAnswer:
        answer = await self.http.request(method, url, params=params, **more)
        self.kept[_key(url, params)] = answer
        return answer


@dataclass
class Spoilt:
    """The Http port that gives kept answers, in each of which one value is something else."""

    kept: Mapping[Key, HttpAnswer]
    where: int | None  # None: nothing is spoilt
    junk: Any = None

    async def request(
        self, method: str, url: str, *, params: Sequence[tuple[str, str]] = (), **more: Any
    ) -> HttpAnswer:
        answer = self.kept.get(_key(url, params))
        if answer is None:
            return HttpAnswer(status=404, headers={}, body=b"{}")
        if self.where is None:
            return answer
        whole = {"": json.loads(answer.body)}
        places = list(_places(whole))
        node, name = places[self.where % len(places)]
        node[name] = self.junk
        body = json.dumps(whole[""]).encode("utf-8", "replace")
        return HttpAnswer(status=200, headers={}, body=body)


def _key(url: str, params: Sequence[tuple[str, str]]) -> Key:
    return url.split("/", 3)[3], tuple(params)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: the container and the key or index in it."""
    for name in [*mapping(node), *range(len(items(node)))]:
        yield node, name
        yield from _places(node[name])


@cache
def recorded(name: str) -> Mapping[Key, HttpAnswer]:
    """What a source's good server answers to one look-up."""
    contract = CONTRACTS[name]()

    async def record() -> Mapping[Key, HttpAnswer]:
        async with playing(contract.good) as player, outgoing() as http:
            recording = Recording(http)
            await _collect(contract, recording, player.url)
            return recording.kept

    return asyncio.run(record())


async def _collect(contract: SourceContract, http: Http, url: str) -> Any:
    chosen = {contract.address: url, **contract.settings}
    wired = wiring(http, {contract.secret: [TOKEN]})
    return await source_of(contract.integration, chosen, wired).collect(contract.ask())


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_recording_itself_gives_findings(name: str) -> None:
    """Otherwise spoiling it would prove nothing."""
    report = asyncio.run(_collect(CONTRACTS[name](), Spoilt(recorded(name), None), VENDOR))
    assert report.findings


@pytest.mark.parametrize("name", sorted(CONTRACTS))
@settings(max_examples=60, deadline=None)
@given(where=st.integers(0, 10_000), junk=JUNK)
def test_one_odd_value_in_a_good_answer_is_read_past(name: str, where: int, junk: Any) -> None:
    """A vendor that changes a field's type costs that field, not the look-up."""
    spoilt = Spoilt(recorded(name), where, junk)
    report = asyncio.run(_collect(CONTRACTS[name](), spoilt, VENDOR))
    said = " ".join([report.reason, *(gap.reason for gap in report.gaps)])
    assert "could not be understood" not in said
    assert "\u202e" not in repr(report)
