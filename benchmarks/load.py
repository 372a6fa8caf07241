"""
The service under load beside an echo on the same kind of server, by wrk (Debian's package `wrk`).

Both run all the time; wrk turns to one and the other, so that a slow moment of the machine meets both.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks import servers
from benchmarks.made_calls import SERVICE, call, record

CONNECTIONS = (1, 8, 32)
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format('\\n{{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "bad": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), bad))
end
"""


def run(workers: int, seconds: int = 4, rounds: int = 3) -> list[dict[str, Any]]:
    """
    Throughput and latency at each number of connections.

    Args:
        workers: Processes of either server.
        seconds: Of one measurement.
        rounds: How often wrk turns to each.

    Returns:
        A row for each number of connections: calls a second and milliseconds (medians of the rounds) of both,
        and their ratios. Empty where wrk is not installed.
    """
    if shutil.which("wrk") is None:
        print("load: skipped, no wrk here (Debian: apt-get install wrk)")
        return []
    with TemporaryDirectory() as folder, servers.service(workers) as own, servers.echo(workers) as other:
        script = _script(Path(folder), _body(own.address))
        rows = []
        for connections in CONNECTIONS:
            measured: dict[str, list[dict[str, int]]] = {"service": [], "echo": []}
            for number in range(rounds + 1):
                for name, url in (("service", own.address + SERVICE), ("echo", other.address + "/")):
                    found = _wrk(url, script, connections, seconds if number else 1)
                    if number:  # the first round warms up
                        measured[name].append(found)
            rows.append(_row(connections, measured))
            print(_words(rows[-1]))
    return rows


def _body(service: str) -> bytes:
    """A call of about 10 KB, with what the service asks for in its prefetch."""
    with urllib.request.urlopen(f"{service}/cds-services", timeout=10) as answer:
        templates = json.load(answer)["services"][0]["prefetch"]
    return orjson.dumps(call(record("pgx-stent"), templates))


def _script(folder: Path, body: bytes) -> Path:
    (folder / "body.json").write_bytes(body)
    script = folder / "post.lua"
    script.write_text(_SCRIPT.format(body=folder / "body.json"), encoding="utf-8")
    return script


def _wrk(url: str, script: Path, connections: int, seconds: int) -> dict[str, int]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, int] = json.loads(printed.strip().splitlines()[-1])
    return found


def _row(connections: int, measured: dict[str, list[dict[str, int]]]) -> dict[str, Any]:
    row: dict[str, Any] = {"connections": connections}
    for name, found in measured.items():
        row[f"{name}_per_second"] = round(
            statistics.median(item["requests"] / item["microseconds"] * 1e6 for item in found), 1
        )
        for part in ("p50", "p99"):
            row[f"{name}_{part}_ms"] = round(statistics.median(item[part] for item in found) / 1000, 2)
        row[f"{name}_bad"] = sum(item["bad"] for item in found)
    row["throughput_ratio"] = round(row["service_per_second"] / row["echo_per_second"], 3)
    for part in ("p50", "p99"):
        row[f"{part}_ratio"] = round(row[f"service_{part}_ms"] / row[f"echo_{part}_ms"], 2)
    return row


def _words(row: dict[str, Any]) -> str:
    return (
        f"{row['connections']:>3} connections: {row['service_per_second']:>7.0f} calls/s, "
        f"p50 {row['service_p50_ms']:.1f} ms, p99 {row['service_p99_ms']:.1f} ms; "
        f"{100 * row['throughput_ratio']:.0f} % of the echo's throughput ({row['echo_per_second']:.0f}), "
        f"p99 {row['p99_ratio']:.1f} x its p99; not answered with 200: {row['service_bad']}"
    )
