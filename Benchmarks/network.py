#!/usr/bin/env -S python3 -B
"""Measures polls over TLS 1.3: HTTP/1.1 and HTTP/2, 0 and 50 ms of latency, one host and a hundred.

The hosts are addresses of the loopback interface, each token's in turn. A relay in Python adds the latency
(delay.py); the first sweep, which opens the connections, is not measured. Prints one line for each.
"""

import contextlib
import pathlib
import statistics
import subprocess
import sys

import origin
import workplace
from tables import head, row

HOSTS = 100
# Simultaneous polls, as the daemon's configuration has it.
CONCURRENCY = 32


@contextlib.contextmanager
def delayed(provider, kind, milliseconds):
    """The addresses of the provider's hosts, with latency."""
    if not milliseconds:
        yield provider.urls(kind)
        return
    (port,) = origin.free_ports(1)
    script = pathlib.Path(__file__).with_name("delay.py")
    log = provider.directory / "delay.log"
    process = subprocess.Popen(
        [sys.executable, "-B", script, str(milliseconds), str(port), str(provider.ports[kind])]
        + provider.addresses,
        stderr=log.open("a"),
    )
    try:
        origin.await_port(port, process, log)
        yield provider.urls(kind, port)
    finally:
        process.kill()
        process.wait()


def measure_sweeps(place, provider, kind, milliseconds, hosts, tokens):
    # With handshakes or latency, one sweep takes long enough.
    sweeps = 3 if hosts == 1 and not milliseconds else 1
    with delayed(provider, kind, milliseconds) as urls:
        name = f"{kind[-1]}-{milliseconds}-{hosts}-{tokens}"
        daemon = place.polled(name, tokens, urls[:hosts], ca_file=provider.ca_file)
        cpu, connections = daemon.cpu_seconds(), provider.connections()
        times = [daemon.sweep() for _ in range(sweeps)]
        daemon.settle()
        polls = sweeps * tokens
        cpu = (daemon.cpu_seconds() - cpu) / polls
        connections = (provider.connections() - connections - 1) / polls
        daemon.stop()
    # A poll takes one round trip; a handshake takes two more, of TCP and of TLS 1.3.
    least = tokens * (1 + 2 * connections) * milliseconds / 1000 / CONCURRENCY
    row(
        kind,
        f"{milliseconds} ms",
        str(hosts),
        f"{tokens:,}",
        f"{statistics.median(times):.2f} s",
        f"{least:.2f} s" if least else "",
        f"{cpu * 1e6:.0f} µs",
        f"{connections:.2f}",
    )


def measure(place, most):
    provider = place.origin(hosts=HOSTS)
    head("protocol", "latency", "hosts", "tokens", "sweep", "at least", "CPU per poll", "handshakes per poll")
    for kind in ("HTTP/1.1", "HTTP/2"):
        for milliseconds in (0, 50):
            for hosts in (1, HOSTS):
                for tokens in (1_000, most):
                    measure_sweeps(place, provider, kind, milliseconds, hosts, tokens)


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, most=10_000)
