#!/usr/bin/env -S python3 -B
"""Measures tokenwatchd against its quality bars, and other programs with the same requests, in three minutes.

Everything runs on the loopback interface. Ends with 0 however the figures are, and with 1 if something could not be
measured.
"""

import statistics
import time

import peers
import queries
import workplace
from tables import Table

ROUNDS = 5
PROGRAMS = {
    "nginx": "nginx-light",
    "openssl": "openssl",
    "curl": "curl",
    "wrk": "wrk",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
}


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
    table.add("CPU per request, `curl --parallel`", statistics.median(curls) * 1e6, "µs")
    table.add("CPU per poll, whole pipeline", statistics.median(ours) * 1e6, "µs")
    table.add(
        f"  to that of curl, median of {ROUNDS} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
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
        ("Python's `requests` loop", peers.requests_loop, None),
    ]:
        theirs = measure(directory, url)
        table.add(f"CPU per request, {name}", theirs * 1e6, "µs")
        # The other way round than curl's: how many polls its CPU would pay for.
        table.add_least("  polls for that", theirs / ours, "", bar)
    table.add("CPU per request, wrk, which reads no answer", peers.wrk(directory, url) * 1e6, "µs")


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
    shares = f"{anonymous / 1024:.1f} MiB anonymous, {files / 1024:.1f} of files"
    bar = 22 if daemon.tokens == 10 else None
    table.add(f"RSS, {daemon.tokens:,} tokens over TLS ({shares})", total / 1024, "MiB", bar)
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


def measure(place):
    provider, table = place.origin(), Table()
    tls = {"urls": [provider.https], "ca_file": provider.ca_file}

    small = place.polled("idle", 10, **tls)
    least = measure_memory(table, small)
    measure_idle(table, small)
    small.stop()

    many = place.daemon("plain-10000", 10_000, [provider.http])
    table.add("READY, 10,000 new tokens", many.start() * 1000, "ms", 100)
    many.await_polls(many.tokens)
    many.settle()
    many_seconds = measure_cpu(table, many, place.directory, provider.http)
    queries.measure_latency(table, many)
    many.settle()
    queries.measure_commands(table, many)
    measure_flatness(table, many, 15)
    many.stop()
    table.add("database, bytes for each token", many.database_bytes() / many.tokens, "", 4096)
    measure_start(table, many)

    some = place.polled("plain-1000", 1_000, [provider.http])
    some_seconds = statistics.median(some.sweep() for _ in range(ROUNDS)) / some.tokens
    some.stop()
    table.add("sweep, for each of 1,000 tokens", some_seconds * 1e6, "µs")
    table.add("  for each of 10,000, to that", many_seconds / some_seconds, "x", 1.25)

    for tokens in (1_000, 10_000):
        some = place.polled(f"tls-{tokens}", tokens, **tls)
        grown = (measure_memory(table, some) - least) / (tokens - 10)
        table.add("  KiB for each token beyond 10", grown, "KiB", 0.8)
        some.stop()
    table.print()


if __name__ == "__main__":
    workplace.run(__doc__, measure, PROGRAMS, modules={"requests": "python3-requests"})
