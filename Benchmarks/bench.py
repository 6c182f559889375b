"""Measures tokenwatchd against its quality bars and prints one table; see bench.sh."""

import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import origin
from daemon import Daemon

ROUNDS = 5


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, measured, unit, bar=None):
        verdict = "" if bar is None else ("ok" if measured <= bar else "OVER")
        self.rows.append((what, f"{measured:,.2f} {unit}", f"<= {bar:,g}" if bar is not None else "", verdict))

    def note(self, what, text):
        self.rows.append((what, text, "", ""))

    def text(self):
        rows = [("what", "measured", "bar", "")] + self.rows
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if column == 1 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
            for row in rows
        )


def curl_cpu_seconds(directory, url, count):
    """What `curl --parallel` takes for the same requests."""
    urls = directory / f"urls-{count}"
    urls.write_text(f'url = "{url}/api/v1/account/me/"\noutput = "/dev/null"\n' * count)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["curl", "-q", "--silent", "--fail", "--parallel", "--parallel-max", "32"]
        + ["--header", f"Authorization: Bearer {origin.secret(0)}", "--config", urls],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def started(daemon):
    daemon.start()
    daemon.await_polls(daemon.tokens)
    daemon.settle()
    return daemon


def measure_cpu(table, daemon, directory, url):
    """CPU of the daemon and of curl in alternation; wall time of the sweeps."""
    ours, curls, walls = [], [], []
    for _ in range(ROUNDS):
        before = daemon.cpu_seconds()
        walls.append(daemon.sweep())
        daemon.settle()
        ours.append((daemon.cpu_seconds() - before) / daemon.tokens)
        curls.append(curl_cpu_seconds(directory, url, daemon.tokens) / daemon.tokens)
    ratios = sorted(a / b for a, b in zip(ours, curls))
    table.note("CPU per poll, curl --parallel", f"{statistics.median(curls) * 1e6:.1f} µs")
    table.note("CPU per poll, whole pipeline", f"{statistics.median(ours) * 1e6:.1f} µs")
    table.add(
        f"  ratio, median of {ROUNDS} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        statistics.median(ratios),
        "x",
        2.5,
    )
    return statistics.median(walls) / daemon.tokens


def measure_latency(table, daemon):
    """Status queries while the daemon sweeps, each on a connection of its own."""
    problems, stop = [], threading.Event()

    def sweeps():
        try:
            while not stop.is_set():
                daemon.sweep()
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=sweeps)
    thread.start()
    times = {"/v1/status": [], f"/v1/tokens/t{daemon.tokens // 2:06}": []}
    end = time.monotonic() + 6
    while time.monotonic() < end:
        for path, taken in times.items():
            begin = time.monotonic()
            daemon.ask("GET", path)
            taken.append((time.monotonic() - begin) * 1000)
            time.sleep(0.002)
    stop.set()
    thread.join()
    if problems:
        raise problems[0]
    for path, taken in times.items():
        p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        name = "/v1/status" if path == "/v1/status" else "/v1/tokens/ID"
        what = f"GET {name} while sweeping {daemon.tokens:,}"
        table.note(f"{what}, p50", f"{p50:.2f} ms")
        table.add(f"{what}, p99 of {len(taken)}", p99, "ms", 10)


def measure_start(table, daemon):
    daemon.stop()
    times = []
    for _ in range(ROUNDS):
        times.append(daemon.start() * 1000)
        daemon.stop()
    table.add(f"READY after a restart, {daemon.tokens:,} tokens", statistics.median(times), "ms", 200)


def measure_flatness(table, daemon, sweeps):
    daemon.settle()
    before = daemon.memory()[0]
    for _ in range(sweeps):
        daemon.sweep()
    daemon.settle()
    after = daemon.memory()[0]
    table.add(f"RSS after {sweeps * daemon.tokens:,} more polls", after / before, "x", 1.02)


def measure_memory(table, daemon):
    """KiB resident after two sweeps."""
    daemon.sweep()
    daemon.sweep()
    daemon.settle()
    total, anonymous, files = daemon.memory()
    table.note(
        f"RSS, {daemon.tokens:,} tokens over TLS",
        f"{total / 1024:.1f} MB ({anonymous / 1024:.1f} anonymous, {files / 1024:.1f} of files)",
    )
    return total


def measure_idle(table, daemon):
    # Dispatch ends its spare threads after some seconds.
    time.sleep(8)
    cpu, before = daemon.cpu_seconds(), daemon.context_switches()
    time.sleep(10)
    after = daemon.context_switches()
    table.add(
        "idle: context switches in 10 s",
        sum(count - before.get(task, 0) for task, count in after.items()),
        "",
        0,
    )
    table.add("idle: CPU in 10 s", (daemon.cpu_seconds() - cpu) * 1000, "ms", 0)


def measure_all(binary, directory, full):
    table = Table()
    provider = origin.Origin(directory)
    running = []

    def daemon(name, tokens, url, ca_file=None):
        running.append(Daemon(binary, directory / name, tokens, url, ca_file))
        return running[-1]

    try:
        small = started(daemon("idle", 10, provider.https, provider.ca_file))
        rss = {10: measure_memory(table, small)}
        table.add("RSS, 10 tokens over TLS", rss[10] / 1024, "MB", 24)
        measure_idle(table, small)
        small.stop()

        many = daemon("plain", 10_000, provider.http)
        first = many.start() * 1000
        many.await_polls(many.tokens)
        many.settle()
        table.add("READY, 10,000 new tokens", first, "ms", 200)
        seconds = {10_000: measure_cpu(table, many, directory, provider.http)}
        measure_latency(table, many)
        many.settle()
        measure_flatness(table, many, 100 if full else 15)
        many.stop()
        bytes_a_token = many.database_bytes() / many.tokens
        table.add("database, bytes a token", bytes_a_token, "", 4096)
        measure_start(table, many)

        for tokens in [1_000] + ([100_000] if full else []):
            some = started(daemon(f"plain-{tokens}", tokens, provider.http))
            seconds[tokens] = statistics.median(some.sweep() for _ in range(ROUNDS)) / tokens
            if tokens > 10_000:
                measure_latency(table, some)
            some.stop()
        for tokens in sorted(seconds):
            if tokens == 1_000:
                table.note("sweep, µs a token at 1,000 tokens", f"{seconds[tokens] * 1e6:.0f} µs")
            else:
                ratio = seconds[tokens] / seconds[1_000]
                table.add(f"  at {tokens:,}, to that", ratio, "x", 1.25)

        for tokens in [1_000, 10_000] + ([100_000] if full else []):
            some = started(daemon(f"tls-{tokens}", tokens, provider.https, provider.ca_file))
            rss[tokens] = measure_memory(table, some)
            grown = (rss[tokens] - rss[10]) / (tokens - 10)
            table.add("  KiB for each token beyond 10", grown, "KiB", 1)
            some.stop()
    finally:
        for each in running:
            each.stop()
        provider.stop()
    return table


def main():
    parser = argparse.ArgumentParser(description="Measures tokenwatchd against its quality bars.")
    parser.add_argument("--full", action="store_true", help="up to 100,000 tokens")
    default = pathlib.Path(__file__).resolve().parent.parent / "dist" / "tokenwatchd"
    parser.add_argument("binary", nargs="?", default=default, type=pathlib.Path)
    arguments = parser.parse_args()
    if not os.access(arguments.binary, os.X_OK):
        sys.exit(f"bench: there is no {arguments.binary}; make release")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tokenwatchd-bench."))
    begin = time.monotonic()
    try:
        table = measure_all(arguments.binary.resolve(), directory, arguments.full)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench: {error}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(table.text())
    print(f"\n{time.monotonic() - begin:.0f} s on {os.cpu_count()} cores")


main()
