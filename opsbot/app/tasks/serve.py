"""`opsbot serve`: run until told to stop; say at once, and in words, why it cannot."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from argparse import Namespace

from opsbot.app.settings import read_settings
from opsbot.app.store import Unusable
from opsbot.app.tracing import start_exporting
from opsbot.config import Settings, disk_refusal


def run(arguments: Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Raises Unusable when it cannot start."""
    logging.basicConfig(
        level=os.environ.get("OPSBOT_LOG", "INFO").upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = read_settings(arguments)
    _refuse_ephemeral_disk(settings)
    return asyncio.run(_serve(settings))


def _refuse_ephemeral_disk(settings: Settings) -> None:
    refusal = disk_refusal(settings, os.environ)
    if refusal:
        raise Unusable(refusal)


async def _serve(settings: Settings) -> int:
    from opsbot.app.build import Opsbot

    log = logging.getLogger("opsbot")
    stop_exporting = start_exporting()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    bot = Opsbot(settings)
    try:
        await bot.start()
        absent = [] if settings.integrations else ["no integration is configured"]
        log.info(
            "ready on port %s, %s mode%s", bot.port, settings.mode,
            "".join(f"; {word}" for word in absent),
        )  # fmt: skip
        await stopped.wait()
        log.info("stopping")
    finally:
        await bot.stop()
        if stop_exporting:
            stop_exporting()
    return 0
