"""`opsbot check --ask`: how many services have logs, metrics and traces, and who did not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsbot.app.names_seen import Seen, coverage_seen, usable
from opsbot.core.evidence import EvidenceKind
from opsbot.core.service import Catalogue, Service
from opsbot.sandbox.faults import DOWN
from tests.app.clinic import Clinic, clinic
from tests.app.test_tasks import Run, run

__all__ = ["run"]
MORE: list[dict[str, Any]] = [
    {"name": "checkout-api"},
    {"name": "cart", "selectors": {"loki": "cart-api", "prometheus": "cart-api"}},
    {"name": "made-up-api"},
]


def _asked(run: Run, folder: Path, prepare: Callable[[Clinic], None], *words: str) -> str:
    async def play() -> tuple[int, str]:
        async with clinic(folder, services=MORE) as at:
            prepare(at)
            await asyncio.sleep(0)
            config = str(at.stage.config)
            return await asyncio.to_thread(run, "check", *words, "--config", config)

    code, said = asyncio.run(play())
    assert code == 0, said
    return said


def test_services_with_logs_metrics_and_traces_are_counted(run: Run, tmp_path: Path) -> None:
    """By the name each source knows them by, so a selector counts."""
    said = _asked(run, tmp_path, lambda at: None, "--ask")
    assert "2 of 3 services have logs (loki); not made-up-api" in said
    assert "2 of 3 services have metrics (prometheus); not made-up-api" in said
    assert "1 of 3 services have traces (tempo); not cart and made-up-api" in said


def test_unasked_nobody_is_asked(run: Run, tmp_path: Path) -> None:
    seen: list[Clinic] = []
    said = _asked(run, tmp_path, seen.append)
    assert "have a PagerDuty id" in said
    assert "have logs" not in said
    assert [r for server in seen[0].stage.world.servers for r in server.seen] == []


def test_machines_are_told_the_same(run: Run, tmp_path: Path) -> None:
    told = json.loads(_asked(run, tmp_path, lambda at: None, "--ask", "--json"))
    logs = next(row for row in told["coverage"] if row["what"] == "logs")
    assert (logs["covered"], logs["services"], logs["lacking"]) == (2, 3, ["made-up-api"])
    assert told["not_answered"] == {}
    assert {finding["weight"] for finding in told["findings"]} <= {"warning", "advice"}


def test_a_source_that_does_not_answer_is_named_and_not_counted(run: Run, tmp_path: Path) -> None:
    tasks: list[asyncio.Task[None]] = []

    def fail(at: Clinic) -> None:
        tasks.append(asyncio.create_task(at.stage.world.set_fault("loki", DOWN)))

    said = _asked(run, tmp_path, fail, "--ask")
    assert "logs are not known" in said
    assert "have logs" not in said
    assert "have metrics" in said


@pytest.mark.parametrize("name", ["a\u202eb", "two\nlines", "x" * 201, " padded "])
def test_a_name_with_something_hidden_in_it_is_no_service(name: str) -> None:
    assert usable((name, "cart-api")) == ("cart-api",)


def test_coverage_says_one_service_in_the_singular() -> None:
    class Only:
        catalogue = Catalogue(services=(Service(name="a"),))

    seen = (Seen(source="loki", kind=EvidenceKind.LOGS, names=("a",)),)
    (row,) = coverage_seen(Only(), seen)  # type: ignore[arg-type] # all it reads is the catalogue
    assert str(row) == "1 of 1 service has logs"
