"""A load generator in a process of its own: signed PagerDuty webhooks over keep-alive connections.

    python -m benchmarks.load URL --connections 32 --seconds 5 --secret S --incidents 8

Prints one JSON line: how many answers, of which status, and their latencies.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import sys
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from benchmarks.table import percentile

BODY_BYTES = 1800


def event_body(number: int, incident: int) -> bytes:
    """An acknowledgement of one of the synthetic incidents, as PagerDuty words it, 1.8 kB long."""
    at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(milliseconds=number)
    reference = {"id": "PLOAD01", "type": "user_reference", "summary": "Load Generator"}
    event: dict[str, Any] = {
        "id": f"LOAD{number:020d}", "event_type": "incident.acknowledged",
        "resource_type": "incident", "occurred_at": at.isoformat(), "agent": reference,
        "client": None,
        "data": {
            "id": f"PSYNTH{incident}", "type": "incident", "number": incident,
            "html_url": f"https://example.pagerduty.com/incidents/PSYNTH{incident}",
            "status": "acknowledged", "incident_key": f"synthetic-{incident}",
            "title": f"synthetic incident {incident}", "urgency": "low", "priority": None,
            "service": {"id": "PSVC", "type": "service_reference", "summary": "synthetic"},
            "assignees": [reference], "teams": [], "padding": "",
        },
    }  # fmt: skip
    short = BODY_BYTES - len(json.dumps({"event": event}).encode())
    event["data"]["padding"] = "x" * max(short, 0)
    return json.dumps({"event": event}).encode()


class Connection:
    """One keep-alive connection that sends, waits for the answer, and sends again."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path, self._secret = parts.path, secret.encode()
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()

    async def run(self, numbers: asyncio.Queue[int], until: float, incidents: int) -> None:
        """Send until the time is up."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        while time.monotonic() < until:
            number = numbers.get_nowait()
            request = self._request(event_body(number, number % incidents))
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _length(head)
            if length:
                await reader.readexactly(length)
            self.latencies.append(time.perf_counter() - began)
            self.statuses[int(head[9:12])] += 1
        writer.close()

    def _request(self, body: bytes) -> bytes:
        proof = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-PagerDuty-Signature: v1={proof}\r\nX-Webhook-Id: {uuid.uuid4()}\r\n\r\n"
        ).encode() + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def load(options: argparse.Namespace) -> dict[str, object]:
    """Run all connections for the given time."""
    numbers: asyncio.Queue[int] = asyncio.Queue()
    start = int(time.time() * 1000) % 10**9 * 1000
    for number in range(start, start + 400_000):
        numbers.put_nowait(number)
    connections = [Connection(options.url, options.secret) for _ in range(options.connections)]
    began = time.monotonic()
    until = began + options.seconds
    await asyncio.gather(*(c.run(numbers, until, options.incidents) for c in connections))
    took = time.monotonic() - began
    latencies = [latency for c in connections for latency in c.latencies]
    statuses = sum((c.statuses for c in connections), Counter[int]())
    return {
        "per_s": len(latencies) / took, "p50_ms": percentile(latencies, 0.5) * 1000,
        "p99_ms": percentile(latencies, 0.99) * 1000,
        "statuses": {str(status): number for status, number in statuses.items()},
    }  # fmt: skip


def main() -> None:
    """Load and tell."""
    parser = argparse.ArgumentParser(description="Send signed webhooks as fast as answers come.")
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--secret", default="sandbox-webhook-secret")
    parser.add_argument("--incidents", type=int, default=8)
    sys.stdout.write(json.dumps(asyncio.run(load(parser.parse_args()))) + "\n")


if __name__ == "__main__":
    main()
