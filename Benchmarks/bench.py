"""Measures tokenwatchd against its quality bars and prints one table; see bench.sh."""

import argparse
import fcntl
import os
import pathlib
import pty
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import origin
import peers
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


    def markdown(self):
        lines = ["| what | measured | bar | |", "|---|---:|---|---|"]
        lines += [f"| {what.strip()} | {value} | {bar} | {verdict} |" for what, value, bar, verdict in self.rows]
        return "\n".join(lines)


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
        curls.append(peers.curl(directory, url, daemon.tokens))
    ratios = sorted(a / b for a, b in zip(ours, curls))
    table.note("CPU per poll, curl --parallel", f"{statistics.median(curls) * 1e6:.1f} µs")
    table.note("CPU per poll, whole pipeline", f"{statistics.median(ours) * 1e6:.1f} µs")
    table.add(
        f"  ratio, median of {ROUNDS} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        statistics.median(ratios),
        "x",
        1.4,
    )
    measure_peers(table, directory, url, statistics.median(ours))
    return statistics.median(walls) / daemon.tokens


def measure_peers(table, directory, url, ours):
    """CPU per request of other programs, to that of a poll."""
    for name, measure, bar in [
        ("blackbox_exporter, a probe", peers.blackbox, 10),
        ("Python, the requests loop", peers.requests_loop, None),
        ("wrk, which reads no answer", peers.wrk, None),
    ]:
        theirs = measure(directory, url)
        table.note(f"CPU per request, {name}", f"{theirs * 1e6:.1f} µs")
        # The other way round than curl's: how many polls its CPU would pay for.
        verdict = "" if bar is None else ("ok" if theirs / ours >= bar else "UNDER")
        row = ("  polls for that", f"{theirs / ours:,.2f} x", f">= {bar}" if bar else "", verdict)
        table.rows.append(row)


def on_terminal(command):
    """Runs a command on a terminal of 24 lines and 80 columns; returns its exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=dict(os.environ, PAGER="")
    )
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:
        pass  # The last program has left the terminal.
    os.close(ours)
    return process.wait()


def measure_commands(table, daemon):
    """What a person waits for, and what a scrape does."""
    arguments = ["--socket", daemon.socket]
    bar = 100 if daemon.tokens <= 10_000 else 1000
    for words in (["status"], ["status", "--problems"], ["check"]):
        times = []
        for _ in range(3):
            begin = time.monotonic()
            result = subprocess.run([daemon.binary] + words + arguments, capture_output=True)
            times.append((time.monotonic() - begin) * 1000)
            if result.returncode > 2:
                raise RuntimeError(f"{words}: {result.stderr.decode()}")
        what = f"`{' '.join(words)}`, {daemon.tokens:,} tokens"
        table.add(what, statistics.median(times), "ms", bar)
    times = []
    for _ in range(3):
        begin = time.monotonic()
        if on_terminal([daemon.binary, "status"] + arguments) > 2:
            raise RuntimeError("status fails on a terminal")
        times.append((time.monotonic() - begin) * 1000)
    table.add(f"`status` on a terminal, {daemon.tokens:,} tokens", statistics.median(times), "ms", bar)
    for path in ("/v1/tokens", "/metrics", "/"):
        times = []
        for _ in range(3):
            begin = time.monotonic()
            daemon.fetch("GET", path)
            times.append((time.monotonic() - begin) * 1000)
        table.add(f"GET {path}, {daemon.tokens:,} tokens", statistics.median(times), "ms", 1000)


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
        table.add(f"{what}, p99 of {len(taken)}", p99, "ms", 5)


def measure_start(table, daemon):
    daemon.stop()
    times = []
    for _ in range(ROUNDS):
        times.append(daemon.start() * 1000)
        daemon.stop()
    table.add(f"READY after a restart, {daemon.tokens:,} tokens", statistics.median(times), "ms", 100)


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
        table.add("RSS, 10 tokens over TLS", rss[10] / 1024, "MB", 22)
        measure_idle(table, small)
        small.stop()

        many = daemon("plain", 10_000, provider.http)
        first = many.start() * 1000
        many.await_polls(many.tokens)
        many.settle()
        table.add("READY, 10,000 new tokens", first, "ms", 100)
        seconds = {10_000: measure_cpu(table, many, directory, provider.http)}
        measure_latency(table, many)
        many.settle()
        measure_commands(table, many)
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
                some.settle()
                measure_commands(table, some)
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
            table.add("  KiB for each token beyond 10", grown, "KiB", 0.8)
            some.stop()
    finally:
        for each in running:
            each.stop()
        provider.stop()
    return table


def main():
    parser = argparse.ArgumentParser(description="Measures tokenwatchd against its quality bars.")
    parser.add_argument("--full", action="store_true", help="up to 100,000 tokens")
    parser.add_argument("--markdown", action="store_true", help="prints the table as Markdown")
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
    print(table.markdown() if arguments.markdown else table.text())
    print(f"\n{time.monotonic() - begin:.0f} s on {os.cpu_count()} cores")


main()
