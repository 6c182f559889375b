#!/usr/bin/env -S python3 -B
"""Looks for leaks: memory and open files over a million polls; with --tls over TLS and HTTP/2.

Four tokens of ten are rejected, answered with half a document or 503, or cut off. After each sweep, one client
requests all tokens, the metrics, events and the page. Prints a line of figures at some counts of polls.
"""

import os
import pathlib
import time

import workplace
from tables import head, row

# By the last digit of a token's number: a rejection, half a document, an overload, a closed connection.
FAULTS = """
            if ($number ~ "6$") { return 401 '{"detail": "Invalid token."}'; }
            if ($number ~ "7$") { return 200 '{"account": {"email": "john@'; }
            if ($number ~ "8$") { return 503; }
            if ($number ~ "9$") { return 444; }
"""
REPORTS = [20_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000]


def poll_all(daemon):
    goal = daemon.polls()["done"] + daemon.tokens
    daemon.ask("POST", "/v1/poll")
    until = time.monotonic() + 600
    while daemon.polls()["done"] < goal:
        if time.monotonic() > until:
            raise RuntimeError("a sweep does not end within 600 s")
        time.sleep(0.1)
    for path in ("/v1/tokens", "/metrics", "/v1/events?limit=100", "/"):
        daemon.fetch("GET", path)


def report(daemon):
    daemon.settle()
    done, failed = (daemon.polls()[name] for name in ("done", "failed"))
    total, anonymous, _ = daemon.memory()
    process = pathlib.Path(f"/proc/{daemon.process.pid}")
    files = len(os.listdir(process / "fd"))
    threads = len(os.listdir(process / "task"))
    row(
        f"{done:,}",
        f"{failed:,}",
        f"{total / 1024:.1f} MiB",
        f"{anonymous / 1024:.1f} MiB",
        str(files),
        str(threads),
        f"{daemon.database_bytes() / (1 << 20):.1f} MiB",
    )


def measure(place, tokens, polls, tls):
    provider = place.origin(faults=FAULTS)
    url = provider.https if tls else provider.http
    daemon = place.daemon("daemon", tokens, [url], ca_file=provider.ca_file)
    daemon.start()
    head("polls", "failed", "resident", "anonymous", "files", "threads", "database")
    for goal in [count for count in REPORTS if count <= polls]:
        while daemon.polls()["done"] < goal:
            poll_all(daemon)
        report(daemon)


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, flags=["tls"], tokens=20_000, polls=1_000_000)
