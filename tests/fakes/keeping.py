"""Keeps a blob as flows do: in a transaction, although no entry of it names the blob."""

from __future__ import annotations

from opsbot.ports import Record


async def keep_blob(record: Record, data: bytes) -> str:
    """The blob's key."""
    async with record.transaction("keeping") as tx:
        return await tx.keep_blob(data)
