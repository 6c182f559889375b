"""Looks for leaks over many polls; see leaks.sh."""

import argparse
import os
import pathlib
import shutil
import tempfile
import time

from daemon import Daemon
import origin

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
    print(
        f"| {done:,} | {failed:,} | {total / 1024:.1f} MiB | {anonymous / 1024:.1f} MiB | {files} | {threads} "
        f"| {daemon.database_bytes() / (1 << 20):.1f} MiB |",
        flush=True,
    )


def run(binary, directory, tokens, polls, is_tls):
    provider = origin.Origin(directory, FAULTS)
    url = provider.https if is_tls else provider.http
    daemon = Daemon(binary, directory / "daemon", tokens, url, provider.ca_file)
    try:
        daemon.start()
        print("| polls | failed | resident | anonymous | files | threads | database |\n|---:|---:|---:|---:|---:|---:|---:|")
        for goal in [count for count in REPORTS if count <= polls]:
            while daemon.polls()["done"] < goal:
                poll_all(daemon)
            report(daemon)
    finally:
        daemon.stop()
        provider.stop()


def main():
    parser = argparse.ArgumentParser(description="Looks for leaks over many polls.")
    parser.add_argument("--tls", action="store_true", help="over TLS and HTTP/2")
    default = pathlib.Path(__file__).resolve().parent.parent / "dist" / "tokenwatchd"
    parser.add_argument("binary", nargs="?", default=default, type=pathlib.Path)
    parser.add_argument("tokens", nargs="?", default=20_000, type=int)
    parser.add_argument("polls", nargs="?", default=1_000_000, type=int)
    arguments = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tokenwatchd-leaks."))
    try:
        run(arguments.binary.resolve(), directory, arguments.tokens, arguments.polls, arguments.tls)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


main()
