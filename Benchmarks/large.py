#!/usr/bin/env -S python3 -B
"""Measures a daemon with 100,000 tokens: its start, what it takes, and how long a person or a program waits.

While it starts and polls, one client each requests /healthz and /v1/status all the time.
"""

import contextlib
import statistics
import time

import queries
import workplace
from clients import Client, longest_of
from tables import Table

PATHS = ("/healthz", "/v1/status")
PAUSE_BAR = 50


@contextlib.contextmanager
def pauses(table, when, daemon):
    """Adds the longest answers until the block ends; the first ones wait for the daemon."""
    clients = [Client(daemon.socket, path) for path in PATHS]
    yield
    for client, longest in zip(clients, longest_of(clients)):
        table.add(f"longest `{client.path}` {when}", longest, "ms", PAUSE_BAR)


def measure_memory(table, when, daemon):
    daemon.settle()
    kib = daemon.memory()[0]
    table.add(f"RSS {when}", kib / 1024, "MiB")
    table.add("  peak until then", daemon.peak_mib(), "MiB")
    return kib


def measure(place, tokens):
    provider, table = place.origin(), Table()
    small = place.polled("small", 10, [provider.http])
    least = small.memory()[0]
    small.stop()

    daemon = place.daemon("large", tokens, [provider.http])
    with pauses(table, "until all are polled", daemon):
        table.add(f"READY, {tokens:,} new tokens", daemon.start() * 1000, "ms")
        begin = time.monotonic()
        daemon.await_polls(tokens)
        table.add("the first polls of all", time.monotonic() - begin, "s")
    grown = measure_memory(table, "when all are polled", daemon) - least
    table.add("  KiB for each token beyond 10", grown / (tokens - 10), "KiB", 0.8)
    seconds = statistics.median(daemon.sweep() for _ in range(3))
    table.add("sweep, for each token", seconds / tokens * 1e6, "µs")
    queries.measure_latency(table, daemon)
    daemon.settle()
    queries.measure_commands(table, daemon)
    daemon.stop()
    table.add("database, bytes for each token", daemon.database_bytes() / tokens, "", 4096)

    with pauses(table, "within 5 s of READY", daemon):
        table.add(f"READY, {tokens:,} known tokens", daemon.start() * 1000, "ms")
        time.sleep(5)
    measure_memory(table, "after a restart", daemon)
    table.print()


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, tokens=100_000)
