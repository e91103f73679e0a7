"""The engine on DBOS Transact: in process, no service, its database disposable.

Flows do not import DBOS; they are handed `Steps`. Only ids and small JSON values cross into the
engine's database, and nothing in it is anybody's text. See docs/adr/0002.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowHandleAsync

from opsbot.ports import Flow

T = TypeVar("T")
log = logging.getLogger(__name__)

# Raised by hand when a flow's steps change order in a way that a half-done flow cannot replay;
# unfinished flows of another version are left alone, and the record owes them anew.
FLOW_VERSION = "1"


class DbosSteps:
    """Steps checkpointed by DBOS: a finished step is not run again after a restart."""

    async def run(self, name: str, step: Callable[[], Awaitable[T]]) -> T:
        async def checkpointed() -> T:
            return await step()

        return await DBOS.run_step_async({"name": name}, checkpointed)


class DbosEngine:
    """Runs the given flows by name. One engine a process: DBOS keeps its own registry."""

    def __init__(self, url: str, flows: Mapping[str, Flow], executor_id: str = "opsbot") -> None:
        self._url = url
        self._flows = dict(flows)
        self._executor_id = executor_id
        self._workflow: (
            Callable[[str, dict[str, str]], Coroutine[Any, Any, float | None]] | None
        ) = None

    async def start(self) -> None:
        """Open the database and recover unfinished flows. Call inside the running loop."""
        if self._url.startswith("sqlite"):
            _prepare_sqlite(self._url)
        # INFO invites to the library's paid console; WARNING tells of every cancelled step of an
        # ordinary stop. What fails is logged by whoever asked for the flow.
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=self._config())
        flows = self._flows

        async def flow(name: str, arguments: dict[str, str]) -> float | None:
            return await flows[name](DbosSteps(), arguments)

        self._workflow = DBOS.workflow(name="flow")(flow)
        DBOS.launch()

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": "opsbot",
            "system_database_url": self._url,
            "application_version": FLOW_VERSION,
            "executor_id": self._executor_id,
            "sys_db_pool_size": 2 if self._url.startswith("sqlite") else 5,
            "max_executor_threads": 16,
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "ERROR",
            "console_log_level": "ERROR",
            # Nothing is sent to running flows and nothing is scheduled in the engine, so neither
            # poller has anything to find.
            "notification_listener_polling_interval_sec": 0.5,
            "scheduler_polling_interval_sec": 30.0,
            "use_listen_notify": False,
        }
        return config

    async def _run_flow(self, flow: str, arguments: dict[str, str]) -> float | None:
        return await self._flows[flow](DbosSteps(), arguments)

    async def run(self, flow_id: str, flow: str, arguments: Mapping[str, str]) -> float | None:
        """Run a flow to its end; an id that has already run gives its answer again.

        Raises whatever the flow raised; the caller decides when to owe it again.
        """
        if self._workflow is None:
            raise RuntimeError("the engine is not started")
        # The version is part of the id: a half-done flow of another one is left alone for good.
        with SetWorkflowID(f"{FLOW_VERSION}/{flow_id}"):
            handle: WorkflowHandleAsync[float | None] = await DBOS.start_workflow_async(
                self._workflow, flow, dict(arguments)
            )
        return await handle.get_result()

    async def forget(self, before_ms: int) -> None:
        """Drop finished flows older than `before_ms` (epoch milliseconds)."""
        old = await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR"],
            end_time=_iso(before_ms),
            load_input=False,
            load_output=False,
            limit=1000,
        )
        if old:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])

    async def stop(self) -> None:
        """Stop taking work. What is unfinished is recovered at the next start."""
        DBOS.destroy(destroy_registry=True)
        self._workflow = None
        # DBOS made its own thread pool the loop's default and has just shut it down.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4, "opsbot"))


def _iso(epoch_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat()


def _prepare_sqlite(url: str) -> None:
    """Write-ahead logging must be on before launch; it stays on in the file."""
    path = Path(url.split("///", 1)[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode=wal")
